"""What an architecture loads, and where to. Names no torch type, so that the supervisor may import it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Placement:
    """``device``: a torch device text such as ``cpu`` or ``cuda:0``. ``dtype``: the torch.dtype to compute in."""

    device: str
    dtype: Any


@dataclass(frozen=True)
class ModelParts:
    """The loaded parts of a latent diffusion model, shared by every pipeline that is built around them.

    Attributes:
        tokenizer: transformers CLIPTokenizer.
        text_encoder: transformers CLIPTextModel.
        unet: diffusers UNet2DConditionModel.
        vae: diffusers AutoencoderKL.
        scheduler_config: content of ``scheduler_config.json``, class name included.
        placement: where the parts are and the dtype of their weights.
    """

    tokenizer: Any
    text_encoder: Any
    unet: Any
    vae: Any
    scheduler_config: dict[str, Any]
    placement: Placement

    @property
    def vae_factor(self) -> int:
        """Picture pixels along one side of a latent pixel: 8 for Stable Diffusion."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)
