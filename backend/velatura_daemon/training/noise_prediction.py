"""The four steps of training a noise predictor: take a picture, draw noise, add it at a random step, predict it.

Ho et al. 2020, arXiv:2006.11239, algorithm 1 and equation 14; latents instead of pixels as in Rombach et al. 2022,
arXiv:2112.10752; velocity instead of noise as the target, where the scheduler says so, as in Salimans & Ho 2022,
arXiv:2202.00512, appendix D.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional


@dataclass(frozen=True)
class NoiseLevels:
    """How the steps of the noise schedule are drawn.

    Attributes:
        uniform_share: 0..1, the share drawn evenly from the whole schedule. The rest is drawn about the middle, where
            it is decided what becomes of a picture: sigmoid of a normal distribution (Esser et al. 2024,
            arXiv:2403.03206, section 3.1).
        centre, spread: mean and deviation of that normal distribution; a centre above 0 prefers noisy steps.
    """

    uniform_share: float
    centre: float
    spread: float


@dataclass(frozen=True)
class NoisyLatents:
    """``latents`` and ``target``: (batch, channels, height, width). ``timesteps``: (batch,), int64."""

    latents: torch.Tensor
    timesteps: torch.Tensor
    target: torch.Tensor


def draw_timesteps(levels: NoiseLevels, schedule_length: int, count: int, random: torch.Generator) -> torch.Tensor:
    """(count,) int64 on the CPU, each 0 .. ``schedule_length`` - 1.

    Each is drawn from its own part of the distribution (stratified), which makes the loss of small batches steadier.
    """
    parts = (torch.arange(count) + torch.rand(count, generator=random)) / count
    parts = parts.clamp(1e-4, 1 - 1e-4)[torch.randperm(count, generator=random)]
    about_the_middle = torch.sigmoid(torch.special.ndtri(parts) * levels.spread + levels.centre)
    is_uniform = torch.rand(count, generator=random) < levels.uniform_share
    share = torch.where(is_uniform, parts, about_the_middle)
    return (share * schedule_length).long().clamp(0, schedule_length - 1)


def add_noise(scheduler: Any, clean: torch.Tensor, timesteps: torch.Tensor, random: torch.Generator) -> NoisyLatents:
    """Steps two and three. ``clean``: (batch, channels, height, width) latents; noise is drawn on the CPU."""
    noise = torch.randn(clean.shape, generator=random).to(clean.device)
    timesteps = timesteps.to(clean.device)
    kind = scheduler.config.prediction_type
    if kind == "v_prediction":
        target = scheduler.get_velocity(clean, noise, timesteps)
    elif kind == "epsilon":
        target = noise
    else:
        raise ValueError(f"{kind!r} is no target that a UNet can be trained for here")
    return NoisyLatents(scheduler.add_noise(clean, noise, timesteps), timesteps, target)


def prediction_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Step four: mean squared error in float32, a scalar."""
    return functional.mse_loss(prediction.float(), target.float())
