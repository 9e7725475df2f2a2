"""Trains a base model: UNet and text encoder; the autoencoder stays as it is."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from PIL import Image

from velatura_daemon.architectures.parts import ModelParts

from .captions import Captions, CompactTokens
from .model_folder import noise_schedule, use_plain_attention, write_model
from .noise_prediction import add_noise, draw_timesteps, prediction_loss
from .optimizers import Share
from .pictures import Picture
from .sampling import sample_grid
from .settings import BaseSettings

#: Prompts of the sample grid when the settings name none: captions of this many pictures.
_CAPTIONS_SHOWN = 16


class BaseTask:
    """Implements ``loop.Task``."""

    def __init__(
        self,
        *,
        base: Path,
        parts: ModelParts,
        pictures: Sequence[Picture],
        latents: torch.Tensor,
        settings: BaseSettings,
        with_vae: bool,
    ) -> None:
        """``latents``: (pictures, channels, height, width) float32. ``with_vae``: the VAE is not that of ``base``."""
        if settings.fresh:
            parts = replace(parts, unet=_fresh_unet(parts.unet, settings))
        self._base, self._parts, self._settings, self._with_vae = base, parts, settings, with_vae
        self._unet = parts.unet.train().requires_grad_(True).to(memory_format=torch.channels_last)
        use_plain_attention(self._unet, parts.placement.device)
        encoder = parts.text_encoder
        self._captions = Captions(parts.tokenizer, pictures, encoder.config.max_position_embeddings)
        self._tokens: CompactTokens | None = None
        if settings.train_text_encoder:
            self._tokens = CompactTokens(encoder, self._captions.used_tokens)
            encoder.train().requires_grad_(True)
        self._latents = latents
        self._schedule = noise_schedule(parts)
        self._prompts = settings.sample_prompts or tuple(picture.captions[0] for picture in pictures[:_CAPTIONS_SHOWN])

    def shares(self) -> Sequence[Share]:
        trained = {f"unet.{name}": one for name, one in self._unet.named_parameters()}
        if self._tokens is not None:
            named = self._parts.text_encoder.named_parameters()
            trained |= {f"text_encoder.{name}": one for name, one in named if one.requires_grad}
        return [Share(trained)]

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        settings, device = self._settings, self._parts.placement.device
        picks = torch.randint(len(self._latents), (settings.batch_size,), generator=random)
        timesteps = draw_timesteps(
            settings.noise_levels, self._schedule.config["num_train_timesteps"], len(picks), random
        )
        noisy = add_noise(self._schedule, self._latents[picks].to(device), timesteps, random)
        text = self._encoded(self._captions_of(picks, step, random))
        latents = noisy.latents.contiguous(memory_format=torch.channels_last)
        return prediction_loss(self._unet(latents, noisy.timesteps, text).sample, noisy.target)

    def samples(self) -> Image.Image:
        side = self._latents.shape[-1] * self._parts.vae_factor
        with self._tokens.whole() if self._tokens else nullcontext():
            return sample_grid(self._parts, self._prompts, self._settings, side)

    def save(self, folder: Path) -> None:
        parts = self._parts
        with self._tokens.whole() if self._tokens else nullcontext():
            changed = {"unet": parts.unet, "text_encoder": parts.text_encoder}
            if self._with_vae:
                changed["vae"] = parts.vae
            write_model(self._base, folder, changed, self._settings.save_dtype)

    def _captions_of(self, picks: torch.Tensor, step: int, random: torch.Generator) -> torch.Tensor:
        ids = self._captions.draw(
            picks, dropout=self._settings.caption_dropout, length=caption_length(self._settings, step), random=random
        )
        return self._tokens.compact(ids) if self._tokens else ids

    def _encoded(self, ids: torch.Tensor) -> torch.Tensor:
        with torch.set_grad_enabled(self._tokens is not None):
            return self._parts.text_encoder(ids.to(self._parts.placement.device)).last_hidden_state


def caption_length(settings: Any, step: int) -> int:
    """Tokens of the captions of a step; ``settings``: ``PredictorSettings``."""
    full = step % settings.full_length_every == 0
    return 1 << 16 if full else settings.caption_tokens


def _fresh_unet(old: Any, settings: BaseSettings) -> Any:
    config: dict[str, Any] = dict(old.config) | {"block_out_channels": list(settings.block_out_channels)}
    torch.manual_seed(settings.seed)
    unet: Any = UNet2DConditionModel.from_config(config)
    return unet.to(old.device)
