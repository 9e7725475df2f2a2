"""Trains an autoencoder of Stable Diffusion's kind from nothing, on whole pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image

from .kept_array import KeptArray, pictures_key
from .latents import to_pixels
from .model_folder import write_part
from .optimizers import Share
from .pictures import Picture, read_square
from .sampling import as_tile, grid
from .settings import VaeSettings

LATENT_CHANNELS = 4
#: Stable Diffusion's; ``whiten`` makes it true for latents of any scale.
SCALING_FACTOR = 0.18215
#: Log-variance of fresh latents: near to certain, so that the decoder learns to use them.
_FIRST_LOG_VARIANCE, _FIRST_LOG_VARIANCE_SCALE = -4.0, 0.1
_LOG_VARIANCE_RANGE = (-30.0, 20.0)
_SHOWN, _WHITENING_PICTURES, _BATCH = 8, 512, 32


def read_pictures(
    pictures: Sequence[Picture], side: int, folder: Path, report: Callable[[int, int], None]
) -> np.memmap:
    """(pictures, side, side, 3) uint8, kept unpacked in ``folder`` since unpacking takes longer than a step.

    Raises:
        VelaturaError: ``disk_full``.
    """
    kept = KeptArray(
        folder=folder,
        name="pictures",
        key=f"{side} {pictures_key(pictures)}",
        shape=(len(pictures), side, side, 3),
        dtype=np.uint8,
    )

    def read(start: int, end: int) -> NDArray[np.uint8]:
        return np.stack([read_square(picture.path, side) for picture in pictures[start:end]])

    return kept.filled(_BATCH, read, report)


class VaeTask:
    """Implements ``loop.Task``."""

    def __init__(self, *, pictures: np.memmap, settings: VaeSettings, device: str) -> None:
        """``pictures``: (count, side, side, 3) uint8."""
        self._pictures, self._settings, self._device = pictures, settings, device
        self._vae: Any = fresh_vae(settings)
        self._vae.to(device).to(memory_format=torch.channels_last)

    def shares(self) -> Sequence[Share]:
        return [Share(dict(self._vae.named_parameters()))]

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        settings = self._settings
        pixels = self._batch(random)
        mean, log_variance = self._vae.quant_conv(self._vae.encoder(pixels)).float().chunk(2, dim=1)
        log_variance = log_variance.clamp(*_LOG_VARIANCE_RANGE)
        noise = torch.randn(mean.shape, generator=random).to(mean.device)
        latents = mean + torch.exp(0.5 * log_variance) * noise
        error = self._vae.decode(latents).sample.float() - pixels
        across = (error[..., 1:] - error[..., :-1]).abs().mean()
        down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
        # Kingma & Welling 2013, arXiv:1312.6114, appendix B, per latent value
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        pull = settings.kl_weight * min(1.0, step / max(settings.kl_ramp_steps, 1))
        return (
            error.abs().mean()
            + settings.squared_weight * error.square().mean()
            + settings.gradient_weight * (across + down)
            + pull * divergence
        )

    def samples(self) -> Image.Image:
        shown = torch.from_numpy(np.array(self._pictures[:_SHOWN]))
        pixels = to_pixels(shown).to(self._device)
        decoded = self._vae.decode(self._vae.encode(pixels).latent_dist.mean).sample
        return grid([[as_tile(one / 2 + 0.5) for one in row] for row in (pixels, decoded)])

    def save(self, folder: Path) -> None:
        whiten(self._vae, to_pixels(torch.from_numpy(np.array(self._pictures[:_WHITENING_PICTURES]))))
        write_part(self._vae, folder, self._settings.save_dtype)

    def _batch(self, random: torch.Generator) -> torch.Tensor:
        picks = torch.randint(len(self._pictures), (self._settings.batch_size,), generator=random)
        rgb = torch.from_numpy(np.stack([self._pictures[int(index)] for index in picks]))
        if self._settings.mirror:
            mirrored = torch.rand(len(picks), generator=random) < 0.5
            rgb = torch.where(mirrored[:, None, None, None], rgb.flip(2), rgb)
        return to_pixels(rgb).to(self._device)


def fresh_vae(settings: VaeSettings) -> Any:
    """An AutoencoderKL with random weights from the seed."""
    torch.manual_seed(settings.seed)
    blocks = len(settings.block_out_channels)
    kind: Any = AutoencoderKL  # whose annotations stand for one block
    vae = kind(
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=settings.block_out_channels,
        layers_per_block=settings.layers_per_block,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=settings.norm_groups,
        sample_size=settings.picture_side,
        scaling_factor=SCALING_FACTOR,
        mid_block_add_attention=False,
    )
    with torch.no_grad():
        vae.quant_conv.bias[LATENT_CHANNELS:] = _FIRST_LOG_VARIANCE
        vae.quant_conv.weight[LATENT_CHANNELS:] *= _FIRST_LOG_VARIANCE_SCALE
    return vae


@torch.no_grad()
def whiten(vae: Any, pixels: torch.Tensor) -> None:
    """Give the latents mean 0 and, times the scaling factor, deviation 1 in each channel, without a change of pictures.

    Shift and scale go into the 1 x 1 convolutions at both ends of the latents, so that a diffusion model finds them as
    it expects them, under the scaling factor that every Stable Diffusion has.

    Args:
        pixels: (pictures, 3, side, side) in -1..1 to measure them on.
    """
    device = next(vae.parameters()).device
    means = torch.cat([vae.encode(part.to(device)).latent_dist.mean for part in pixels.split(_BATCH)])
    centre = means.mean((0, 2, 3))
    scale = 1 / (means.std((0, 2, 3)) * SCALING_FACTOR)
    outwards, inwards = vae.quant_conv, vae.post_quant_conv
    channels = LATENT_CHANNELS
    outwards.weight[:channels] *= scale[:, None, None, None]
    outwards.bias[:channels] = (outwards.bias[:channels] - centre) * scale
    outwards.bias[channels:] += 2 * torch.log(scale)
    kernel = inwards.weight[:, :, 0, 0].clone()
    inwards.bias += kernel @ centre
    inwards.weight[:, :, 0, 0] = kernel / scale[None]
