"""Writes down what passes through a UNet and its scheduler, step by step, and changes nothing of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch

from ..preview import StepRecorder


@dataclass(frozen=True, kw_only=True)
class RecordedStep:
    """One step of one picture; all tensors are (1, channels, h, w) on the device.

    Attributes:
        timestep: 0 .. the training's last, the more the noisier; may lie between two.
        signal: share of the clean picture in the latents' variance, 0..1 ("alpha bar" in the papers).
        latents: before the step, of unit variance: sqrt(signal) * clean + sqrt(1 - signal) * noise.
        noise: what the model takes for noise in them, guidance applied. clean: what it takes for the picture.
        with_prompt, without_prompt: the two predictions of which guidance makes one; None without guidance.
    """

    timestep: float
    signal: float
    latents: torch.Tensor
    noise: torch.Tensor
    clean: torch.Tensor
    with_prompt: torch.Tensor | None
    without_prompt: torch.Tensor | None


@contextmanager
def recorded_steps(unet: Any, scheduler: Any) -> Iterator[list[RecordedStep]]:
    """Inside the block every step of ``scheduler``, with the prediction of ``unet`` that it follows, joins the list.

    The scheduler belongs to one run; its ``step`` is replaced on the instance and goes away with it.
    """
    steps: list[RecordedStep] = []
    predictions: list[torch.Tensor] = []
    recorder = StepRecorder(scheduler)
    step = scheduler.step

    @wraps(step)  # pipelines ask for its signature
    def recording_step(model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, *args: Any, **kwargs: Any):
        result = step(model_output, timestep, sample, *args, **kwargs)
        steps.append(_recorded(recorder, float(timestep), predictions[-1]))
        return result

    def see_prediction(_unet: Any, _arguments: Any, output: Any) -> None:
        predictions[:] = [output[0].detach().clone()]

    scheduler.step = recording_step
    with unet.register_forward_hook(see_prediction):
        yield steps


def _recorded(recorder: StepRecorder, timestep: float, predictions: torch.Tensor) -> RecordedStep:
    signal = recorder.alpha_bar(timestep)
    latents, clean = recorder.scaled_sample().clone(), recorder.predicted_clean().clone()
    is_guided = len(predictions) == 2 * len(latents)
    return RecordedStep(
        timestep=timestep,
        signal=signal,
        latents=latents,
        noise=(latents - signal**0.5 * clean) / max(1 - signal, 1e-6) ** 0.5,
        clean=clean,
        with_prompt=predictions[-1:] if is_guided else None,
        without_prompt=predictions[:1] if is_guided else None,
    )
