"""Stable Diffusion 1.x, and every model of its shape: CLIP text encoder, UNet with cross-attention, AutoencoderKL.

Rombach et al. 2022, arXiv:2112.10752. Nothing here knows a particular model: sizes come from the folder's configs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.codec import Plain

from .architecture import RequiredPart
from .parts import ModelParts, Placement

#: Shortest and longest side, as fractions of the native side. Below 3/4 objects fall apart, above 3/2 they are
#: drawn twice, because training pictures were squares of the native side (512: 384 .. 768).
SMALLEST_SIDE_FRACTION = (3, 4)
LARGEST_SIDE_FRACTION = (3, 2)
#: Largest area as a fraction of the native square (512: 512 x 768).
LARGEST_AREA_FRACTION = (3, 2)

_PARTS = (
    RequiredPart(
        folder="tokenizer",
        class_names=("CLIPTokenizer", "CLIPTokenizerFast"),
        files=(("tokenizer.json", "vocab.json"), ("tokenizer.json", "merges.txt")),
    ),
    RequiredPart(folder="text_encoder", class_names=("CLIPTextModel",), files=(("config.json",),), weights="model"),
    RequiredPart(
        folder="unet",
        class_names=("UNet2DConditionModel",),
        files=(("config.json",),),
        weights="diffusion_pytorch_model",
    ),
    RequiredPart(
        folder="vae", class_names=("AutoencoderKL",), files=(("config.json",),), weights="diffusion_pytorch_model"
    ),
    RequiredPart(folder="scheduler", class_names=(), files=(("scheduler_config.json",),)),
)


@dataclass(frozen=True)
class StableDiffusion1:
    """Implements ``Architecture``."""

    id: str = "stable-diffusion-1"
    tasks: tuple[str, ...] = ("txt2img", "img2img", "inpaint")
    defaults: Mapping[str, Plain] = field(default_factory=lambda: {"steps": 20, "guidance_scale": 7.0})
    required_parts: tuple[RequiredPart, ...] = _PARTS

    def recognises(self, index: Mapping[str, Plain]) -> bool:
        """By the pipeline class. Inpainting checkpoints with 9 input channels have another one."""
        return index.get("_class_name") == "StableDiffusionPipeline"

    def sizes(self, configs: Mapping[str, Mapping[str, Plain]]) -> TrainedSizes:
        """UNet ``sample_size`` is in latent pixels; the VAE halves the sides between its blocks, so does the UNet."""
        unet, vae = configs["unet"], configs["vae"]
        if unet["in_channels"] != vae["latent_channels"]:
            raise ValueError("the UNet and the VAE do not have the same number of latent channels")
        vae_factor = 2 ** (_block_count(vae) - 1)
        multiple = vae_factor * 2 ** (_block_count(unet) - 1)
        sample_size = unet["sample_size"]
        rows, columns = cast("list[int]", sample_size) if isinstance(sample_size, list) else (sample_size, sample_size)
        width, height = int(cast(int, columns)) * vae_factor, int(cast(int, rows)) * vae_factor
        return TrainedSizes(
            native_width=width,
            native_height=height,
            smallest_side=_share(min(width, height), SMALLEST_SIDE_FRACTION),
            largest_side=_share(max(width, height), LARGEST_SIDE_FRACTION),
            largest_area=_share(width * height, LARGEST_AREA_FRACTION),
            multiple=multiple,
        )

    def text_width(self, configs: Mapping[str, Mapping[str, Plain]]) -> int:
        return int(cast(int, configs["unet"]["cross_attention_dim"]))

    def load(self, folder: Path, placement: Placement) -> ModelParts:
        from velatura_daemon.diffusion.loading import load_parts

        return load_parts(folder, placement)

    def load_controlnet(self, folder: Path, placement: Placement) -> Any:
        from velatura_daemon.diffusion.loading import load_controlnet

        return load_controlnet(folder, placement)

    def pipeline(
        self, parts: ModelParts, scheduler: Any, *, starts_from_image: bool, controlnets: Sequence[Any] = ()
    ) -> Any:
        from velatura_daemon.diffusion.pipelines import build_pipeline

        return build_pipeline(parts, scheduler, starts_from_image=starts_from_image, controlnets=controlnets)


def _block_count(config: Mapping[str, Plain]) -> int:
    return len(cast("list[int]", config["block_out_channels"]))


def _share(value: int, fraction: tuple[int, int]) -> int:
    numerator, denominator = fraction
    return value * numerator // denominator


ARCHITECTURE = StableDiffusion1()
