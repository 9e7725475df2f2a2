"""Between pictures and latents: the VAE's two directions, and the noise that a picture begins as."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.architectures.parts import ModelParts
from velatura_protocol.errors import VelaturaError


def encode_image(parts: ModelParts, rgb: NDArray[np.uint8]) -> torch.Tensor:
    """(h, w, 3) uint8 sRGB to (1, channels, h / factor, w / factor), scaled to unit variance.

    The most probable latents, not a sample of the VAE's distribution: the same picture gives the same latents.
    """
    vae = parts.vae
    pixels = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None]
    pixels = pixels.to(device=parts.placement.device, dtype=torch.float32) / 127.5 - 1
    with torch.no_grad():
        latents = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()
    shift = vae.config.shift_factor or 0.0
    latents = ((latents - shift) * vae.config.scaling_factor).to(parts.placement.dtype)
    return _finite(latents, "encoding the canvas")


def decode_latents(parts: ModelParts, latents: torch.Tensor) -> NDArray[np.uint8]:
    """(1, channels, h, w) scaled latents to (h * factor, w * factor, 3) uint8 sRGB.

    Raises:
        VelaturaError: ``internal`` when the result holds values that are not numbers; shown, they would be black.
    """
    pixels = _decode(parts.vae, latents)
    if parts.vae.dtype == torch.float16 and not _is_finite(pixels):
        # some VAEs exceed what half precision can hold: the black pictures that everybody knows
        with _in_float32(parts.vae):
            pixels = _decode(parts.vae, latents)
    pixels = _finite(pixels, "decoding the picture")[0].float()
    codes = ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    return codes.permute(1, 2, 0).contiguous().cpu().numpy()


def _decode(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    shift = vae.config.shift_factor or 0.0
    with torch.no_grad():
        return vae.decode((latents / vae.config.scaling_factor + shift).to(vae.dtype), return_dict=False)[0]


@contextmanager
def _in_float32(vae: Any) -> Iterator[None]:
    dtype = vae.dtype
    vae.to(torch.float32)
    try:
        yield
    finally:
        vae.to(dtype)


def check_denoised(latents: torch.Tensor) -> torch.Tensor:
    """Raises ``VelaturaError`` ``internal`` when the UNet produced values that are not numbers."""
    return _finite(latents, "denoising")


def image_generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """One source of noise for each picture, on the CPU: a seed means the same alone and in a batch, on any device."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


def draw_noise(generators: Sequence[torch.Generator], shape: tuple[int, int, int]) -> torch.Tensor:
    """(pictures, *shape) float32 on the CPU, standard normal. ``shape``: (channels, latent height, latent width)."""
    return torch.cat([torch.randn((1, *shape), generator=generator) for generator in generators])


def _finite(values: Any, doing: str) -> Any:
    if not _is_finite(values):
        raise VelaturaError(
            "internal",
            f"The model's numbers overflowed while {doing}, so there is no picture. "
            "Try a lower guidance and no extreme prompt weights, or another model.",
        )
    return values


def _is_finite(values: torch.Tensor) -> bool:
    return bool(torch.isfinite(values).all())
