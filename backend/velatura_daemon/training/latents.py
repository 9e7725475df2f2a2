"""The latents of a data folder, encoded once: encoding takes longer than a training step."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .kept_array import KeptArray, pictures_key
from .pictures import Picture, read_square

_BATCH = 32


def kept_latents(pictures: tuple[Picture, ...], vae: Any, side: int, folder: Path) -> KeptArray:
    """(pictures, channels, side / factor, side / factor) float32.

    Args:
        vae: AutoencoderKL. side: pixels, a multiple of its factor.
        folder: where they are kept; found again when VAE, side and pictures are the same.
    """
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    return KeptArray(
        folder=folder,
        name="latents",
        key=_key(pictures, vae, side),
        shape=(len(pictures), vae.config.latent_channels, side // factor, side // factor),
        dtype=np.float32,
    )


def encoded_pictures(
    kept: KeptArray, pictures: tuple[Picture, ...], vae: Any, side: int, report: Callable[[int, int], None]
) -> torch.Tensor:
    """On the CPU: scaled means of the latents, from ``kept`` or made now.

    Args:
        report: called with (encoded, of).

    Raises:
        VelaturaError: ``disk_full``.
    """
    parameter = next(vae.parameters())

    def encode(start: int, end: int) -> NDArray[np.float32]:
        rgb = torch.from_numpy(np.stack([read_square(picture.path, side) for picture in pictures[start:end]]))
        pixels = to_pixels(rgb).to(parameter.device, parameter.dtype)
        with torch.no_grad():
            mean = vae.encode(pixels).latent_dist.mean * vae.config.scaling_factor
        return mean.float().cpu().numpy()

    return torch.from_numpy(np.array(kept.filled(_BATCH, encode, report)))


def to_pixels(rgb: torch.Tensor) -> torch.Tensor:
    """(batch, height, width, 3) uint8 to (batch, 3, height, width) float32 in -1 .. 1, channels last in memory."""
    return rgb.permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def _key(pictures: tuple[Picture, ...], vae: Any, side: int) -> str:
    digest = hashlib.sha256(f"{side}".encode())
    for tensor in vae.state_dict().values():
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    digest.update(pictures_key(pictures).encode())
    return digest.hexdigest()
