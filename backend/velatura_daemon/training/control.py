"""Trains a ControlNet: the base model stays as it is and learns nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.controlnets.controlnet import ControlNetModel
from PIL import Image

from velatura_daemon.architectures.parts import ModelParts
from velatura_daemon.controls.control import Control, NoEstimators
from velatura_daemon.models.discovery import discover
from velatura_protocol.errors import VelaturaError

from .base import caption_length
from .captions import Captions
from .model_folder import noise_schedule, use_plain_attention, write_part, write_sidecar
from .noise_prediction import add_noise, draw_timesteps, prediction_loss
from .optimizers import Share
from .pictures import Picture, read_square
from .sampling import sample_grid
from .settings import ControlSettings

_SHOWN = 8
_NEW_LAYERS = "controlnet_"
_MAPS_FILE = "maps.npy"


def read_maps(pictures: Sequence[Picture], kind: str, side: int, folder: Path) -> np.memmap:
    """(pictures, side, side) uint8: those that the data name, else made by the control from the picture.

    Kept in ``folder``; made anew when their number or side changed.

    Raises:
        VelaturaError: ``unknown_control``, or what the control says when it cannot make maps from pictures.
    """
    controls = discover("velatura_daemon.controls", "CONTROL", Control)
    if kind not in controls:
        raise VelaturaError(
            "unknown_control", f"There is no control {kind!r}. Choose one of: {', '.join(sorted(controls))}."
        )
    path = folder / _MAPS_FILE
    shape = (len(pictures), side, side)
    if path.is_file():
        there = np.load(path, mmap_mode="r")
        if there.shape == shape:
            return there
    unfinished = path.with_suffix(".new")
    maps = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
    for index, picture in enumerate(pictures):
        given = picture.maps.get(kind)
        rgb = np.ascontiguousarray(read_square(given or picture.path, side))
        maps[index] = controls[kind].from_map(rgb) if given else controls[kind].prepare(rgb, NoEstimators())
    maps.flush()
    unfinished.replace(path)
    return np.load(path, mmap_mode="r")


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
