"""What the picture looks like so far: a polynomial from latents to colours, a thousand times cheaper than the VAE.

Fitted for each VAE, once, on what it decodes patchworks of random latents to. (Fitted on encoded pictures it would show
the fine noise in latents, which a VAE ignores. The second degree brings the mean error of the embedded model's colours
from 25 to 20 of 255, and most for saturated ones.)
"""

from functools import wraps
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.architectures.parts import ModelParts

from .latents import decode_latents

#: Latent pixels along one side of a patch, patches along one side of a patchwork, and how many patchworks: 1,024
#: equations for the 15 unknowns of each colour channel.
_PATCH_SIDE = 4
_PATCHES = 4
_PATCHWORKS = 4


class LatentPreview:
    """Colour = terms of the latents x matrix, fitted by least squares to one VAE.

    ``matrix``: (terms, 3). Colours are sRGB 0..1.
    """

    def __init__(self, parts: ModelParts) -> None:
        generator = torch.Generator("cpu").manual_seed(0)
        side = _PATCH_SIDE * _PATCHES
        terms: list[NDArray[Any]] = []
        colours: list[NDArray[Any]] = []
        for _ in range(_PATCHWORKS):
            patches = torch.randn((1, parts.vae.config.latent_channels, _PATCHES, _PATCHES), generator=generator)
            latents = patches.repeat_interleave(_PATCH_SIDE, 2).repeat_interleave(_PATCH_SIDE, 3)
            latents = latents.to(parts.placement.device, parts.placement.dtype)
            terms.append(_terms(latents[0]))
            small = cv2.resize(decode_latents(parts, latents), (side, side), interpolation=cv2.INTER_AREA)
            colours.append(small.reshape(-1, 3) / 255)
        self.matrix = np.linalg.lstsq(np.concatenate(terms), np.concatenate(colours), rcond=None)[0]

    def picture(self, latents: torch.Tensor) -> NDArray[np.uint8]:
        """(channels, h, w) clean latents to (h, w, 3) uint8 sRGB."""
        colours = (_terms(latents) @ self.matrix).clip(0, 1)
        return (colours * 255 + 0.5).astype(np.uint8).reshape(*latents.shape[1:], 3)


class PreviewMaker:
    """The preview map of one VAE, fitted when somebody first looks."""

    def __init__(self, parts: ModelParts) -> None:
        self._parts = parts
        self._fitted: LatentPreview | None = None

    def picture(self, latents: torch.Tensor) -> NDArray[np.uint8]:
        """(channels, h, w) clean latents to (h, w, 3) uint8 sRGB."""
        if self._fitted is None:
            self._fitted = LatentPreview(self._parts)
        return self._fitted.picture(latents)


class StepRecorder:
    """Sees what passes through a scheduler's ``step``, and so can tell what the model takes the clean picture for.

    The scheduler belongs to one job; its ``step`` is replaced on the instance and goes away with it.
    """

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self._last: tuple[torch.Tensor, Any, torch.Tensor] | None = None
        step = scheduler.step

        @wraps(step)  # pipelines ask for its signature
        def recording_step(model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, *args: Any, **kwargs: Any):
            self._last = (model_output, timestep, sample)
            return step(model_output, timestep, sample, *args, **kwargs)

        scheduler.step = recording_step

    def predicted_clean(self) -> torch.Tensor:
        """(images, channels, h, w): the clean latents that the last step's prediction implies."""
        if self._last is None:
            raise RuntimeError("predicted_clean is asked for after a step")
        model_output, timestep, _ = self._last
        alpha_bar = self.alpha_bar(float(timestep))
        scaled = self.scaled_sample()
        noise_ratio = ((1 - alpha_bar) / alpha_bar) ** 0.5
        if self._scheduler.config.prediction_type == "v_prediction":
            return scaled * alpha_bar**0.5 - model_output * (1 - alpha_bar) ** 0.5
        if self._scheduler.config.prediction_type == "sample":
            return model_output
        return scaled / alpha_bar**0.5 - model_output * noise_ratio

    def scaled_sample(self) -> torch.Tensor:
        """(images, channels, h, w): the latents that the last step began with, as sqrt(alpha_bar) * clean +
        sqrt(1 - alpha_bar) * noise, whichever scale the scheduler carries."""
        if self._last is None:
            raise RuntimeError("scaled_sample is asked for after a step")
        _, timestep, sample = self._last
        # k-diffusion schedulers carry clean + sigma * noise
        return (
            sample * self.alpha_bar(float(timestep)) ** 0.5 if float(self._scheduler.init_noise_sigma) > 1 else sample
        )

    def alpha_bar(self, timestep: float) -> float:
        """The share of signal in the variance at a timestep, which may lie between two of the training's."""
        table = self._scheduler.alphas_cumprod
        below = min(max(int(timestep), 0), len(table) - 1)
        above = min(below + 1, len(table) - 1)
        share = timestep - below
        return float(table[below]) * (1 - share) + float(table[above]) * share


def _terms(latents: torch.Tensor) -> NDArray[np.float64]:
    """(channels, h, w) to (h * w, terms): one, each channel, and each product of two channels."""
    columns = latents.flatten(1).double().cpu().numpy().T
    first, second = np.triu_indices(columns.shape[1])
    ones = np.ones((len(columns), 1))
    return np.concatenate([ones, columns, columns[:, first] * columns[:, second]], axis=1)
