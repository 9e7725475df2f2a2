"""Differential diffusion: each pixel has its own strength (Levin and Fried 2023, arXiv:2306.00950, algorithm 1).

A pixel whose change is c takes part in the last ``round(c * steps)`` of the steps only. Until then it is put back,
after each step, to what the canvas looks like at that noise level. So a soft selection stays soft: its border follows
the canvas until late and can change little.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.compositing.resample import resize_mask


class DifferentialDenoising:
    """Applied to the latents after every denoising step.

    Args:
        change: (h, w) float32 at run size, 0 = keep .. 1 = repaint.
        original: (images, channels, latent height, latent width), latents of the canvas.
        noise: of the same shape, the noise that the canvas was given at the start.
    """

    def __init__(self, change: NDArray[np.float32], original: torch.Tensor, noise: torch.Tensor) -> None:
        rows, columns = original.shape[-2:]
        cells = resize_mask(change, columns, rows).clip(0, 1)
        self._change = torch.from_numpy(np.ascontiguousarray(cells)).to(original.device)[None, None]
        self._original = original
        self._noise = noise.to(device=original.device, dtype=original.dtype)

    def after_step(self, latents: torch.Tensor, step: int, timesteps: torch.Tensor, scheduler: Any) -> torch.Tensor:
        """The latents to go on with. ``step``: how many of the ``timesteps`` were done, from 1."""
        steps = len(timesteps)
        free_steps = torch.round(self._change * steps)
        if step == steps:
            return torch.where(free_steps == 0, self._original, latents)
        level = timesteps[step : step + 1].repeat(len(latents))
        held = scheduler.add_noise(self._original, self._noise, level)
        return torch.where(step <= steps - free_steps, held, latents)
