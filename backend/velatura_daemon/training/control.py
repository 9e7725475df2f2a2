"""Trains a ControlNet: the base model stays as it is and learns nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.controlnets.controlnet import ControlNetModel
from numpy.typing import NDArray
from PIL import Image

from velatura_daemon.architectures.parts import ModelParts
from velatura_daemon.controls.control import Control, NoEstimators
from velatura_daemon.models.discovery import discover
from velatura_protocol.errors import VelaturaError

from .base import caption_length
from .captions import Captions
from .kept_array import KeptArray, files_key, pictures_key
from .model_folder import noise_schedule, use_plain_attention, write_part, write_sidecar
from .noise_prediction import add_noise, draw_timesteps, prediction_loss
from .optimizers import Share
from .pictures import Picture, read_square
from .sampling import sample_grid
from .settings import ControlSettings

_SHOWN = 8
_NEW_LAYERS = "controlnet_"
_BATCH = 32


def kept_maps(pictures: Sequence[Picture], kind: str, side: int, folder: Path) -> KeptArray:
    """(pictures, side, side) uint8; found again when kind, side, pictures and the maps of the data are the same.

    Raises:
        VelaturaError: ``unknown_control``; ``invalid_value`` when the data name maps that are not there.
    """
    _control_named(kind)
    given = [picture.maps[kind] for picture in pictures if kind in picture.maps]
    missing = [path for path in given if not path.is_file()]
    if missing:
        raise VelaturaError(
            "invalid_value",
            f"{len(missing)} maps that the data name are not there, for instance {missing[0]}. Put them back, or take "
            f"{kind!r} out of metadata.jsonl.",
        )
    return KeptArray(
        folder=folder,
        name="maps",
        key=f"{kind} {side} {pictures_key(pictures)} {files_key(given)}",
        shape=(len(pictures), side, side),
        dtype=np.uint8,
    )


def read_maps(
    kept: KeptArray, pictures: Sequence[Picture], kind: str, side: int, report: Callable[[int, int], None]
) -> np.memmap:
    """From ``kept``, or now: those that the data name, else made by the control from the picture.

    Args:
        report: called with (read, of).

    Raises:
        VelaturaError: ``disk_full``, or what the control says when it cannot make maps from pictures.
    """
    control = _control_named(kind)

    def read(picture: Picture) -> NDArray[np.uint8]:
        given = picture.maps.get(kind)
        rgb = np.ascontiguousarray(read_square(given or picture.path, side))
        return control.from_map(rgb) if given else control.prepare(rgb, NoEstimators())

    return kept.filled(_BATCH, lambda start, end: np.stack([read(one) for one in pictures[start:end]]), report)


def _control_named(kind: str) -> Control:
    controls = discover("velatura_daemon.controls", "CONTROL", Control)
    if kind not in controls:
        raise VelaturaError(
            "unknown_control", f"There is no control {kind!r}. Choose one of: {', '.join(sorted(controls))}."
        )
    return controls[kind]


class ControlTask:
    """Implements ``loop.Task``."""

    def __init__(
        self,
        *,
        kind: str,
        base_id: str,
        parts: ModelParts,
        pictures: Sequence[Picture],
        latents: torch.Tensor,
        maps: np.memmap,
        settings: ControlSettings,
    ) -> None:
        """``latents``: (pictures, channels, h, w) float32. ``maps``: (pictures, side, side) uint8."""
        self._kind, self._base_id, self._parts, self._settings = kind, base_id, parts, settings
        self._control: Any = _control_of(parts.unet, settings)
        self._control.to(parts.placement.device).to(memory_format=torch.channels_last)
        for network in (self._control, parts.unet):
            use_plain_attention(network, parts.placement.device)
        encoder = parts.text_encoder
        self._captions = Captions(parts.tokenizer, pictures, encoder.config.max_position_embeddings)
        self._latents, self._maps = latents, maps
        self._schedule = noise_schedule(parts)
        self._prompts = tuple(picture.captions[0] for picture in pictures[:_SHOWN])

    def shares(self) -> Sequence[Share]:
        named = dict(self._control.named_parameters())
        return [
            Share({name: one for name, one in named.items() if _NEW_LAYERS in name}),
            Share(
                {name: one for name, one in named.items() if _NEW_LAYERS not in name},
                rate_share=self._settings.copied_share,
            ),
        ]

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        settings, device = self._settings, self._parts.placement.device
        picks = torch.randint(len(self._latents), (settings.batch_size,), generator=random)
        timesteps = draw_timesteps(
            settings.noise_levels, self._schedule.config["num_train_timesteps"], len(picks), random
        )
        noisy = add_noise(self._schedule, self._latents[picks].to(device), timesteps, random)
        ids = self._captions.draw(
            picks, dropout=settings.caption_dropout, length=caption_length(settings, step), random=random
        )
        with torch.no_grad():
            text = self._parts.text_encoder(ids.to(device)).last_hidden_state
        latents = noisy.latents.contiguous(memory_format=torch.channels_last)
        down, middle = self._control(
            latents, noisy.timesteps, text, controlnet_cond=self._conditions(picks).to(device), return_dict=False
        )
        prediction = self._parts.unet(
            latents,
            noisy.timesteps,
            text,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
        ).sample
        return prediction_loss(prediction, noisy.target)

    def samples(self) -> Image.Image:
        maps = self._conditions(torch.arange(min(_SHOWN, len(self._maps)))).to(self._parts.placement.device)
        side = self._maps.shape[-1]
        return sample_grid(self._parts, self._prompts, self._settings, side, control=self._control, maps=maps)

    def save(self, folder: Path) -> None:
        write_part(self._control, folder, self._settings.save_dtype)
        write_sidecar(folder, {"control": self._kind, "base": self._base_id})

    def _conditions(self, picks: torch.Tensor) -> torch.Tensor:
        """(batch, 3, side, side) in 0..1."""
        chosen = np.stack([self._maps[int(index)] for index in picks])
        return torch.from_numpy(chosen).float().div(255)[:, None].expand(-1, 3, -1, -1).contiguous()


def _control_of(unet: Any, settings: ControlSettings) -> ControlNetModel:
    torch.manual_seed(settings.seed)
    control = ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=settings.conditioning_channels, load_weights_from_unet=True
    )
    # zero, as published, leaves the map without any gradient until the layers after it have left zero too; those
    # still start at zero, so that the first picture is that of the base model
    torch.nn.init.kaiming_normal_(control.controlnet_cond_embedding.conv_out.weight, nonlinearity="linear")
    return control.train().requires_grad_(True)
