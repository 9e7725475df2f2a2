"""The denoising itself: one call of a diffusers pipeline, watched step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.architectures.parts import ModelParts
from velatura_daemon.engine_contract import Observer

from .differential import DifferentialDenoising
from .guidance import Guidance
from .latents import check_denoised, draw_noise, image_generators
from .preview import StepRecorder
from .preview_frame import PreviewFrame
from .tasks import RunSize


@dataclass(frozen=True)
class DenoisingInputs:
    """Everything for the pictures of a call but their seeds.

    Attributes:
        conditioning: keyword arguments of the pipeline that say what to paint, tensors of one picture each.
        steps: length of the whole schedule. strength: 0..1, the share of it that is run on ``originals``.
        originals: (1 or pictures, channels, latent height, latent width), latents to start from; None = noise alone.
        change: (h, w) float32 at run size, 0 = keep .. 1 = repaint; None = everything.
    """

    size: RunSize
    conditioning: Mapping[str, torch.Tensor]
    steps: int
    strength: float
    guidance_scale: float
    guidances: tuple[Guidance, ...]
    originals: torch.Tensor | None
    change: NDArray[np.float32] | None

    @property
    def steps_to_run(self) -> int:
        return self.steps if self.originals is None else steps_to_run(self.steps, self.strength)

    def of_pictures(self, start: int, end: int) -> "DenoisingInputs":
        """The inputs of the pictures ``start`` .. ``end`` - 1 alone."""
        if self.originals is None or len(self.originals) == 1:
            return self
        return replace(self, originals=self.originals[start:end])


def steps_to_run(steps: int, strength: float) -> int:
    """At least one, because a strength that rounds to nothing is still a wish for a change."""
    return max(1, round(steps * strength))


@dataclass(frozen=True)
class Progress:
    """Where a call stands among those of a job. ``first``: steps done before it; ``of``: steps of the whole job."""

    first: int
    of: int


def denoise(
    inputs: DenoisingInputs,
    seeds: Sequence[int],
    *,
    architecture: Architecture,
    parts: ModelParts,
    scheduler: Any,
    observer: Observer,
    progress: Progress,
    preview: PreviewFrame,
) -> torch.Tensor:
    """(pictures, channels, latent height, latent width): denoised latents of the pictures with these seeds.

    Raises:
        CancelledError: within one step of the cancellation.
        VelaturaError: ``internal`` when the result holds values that are not numbers.
    """
    generators = image_generators(seeds)
    rows, columns = inputs.size.height // parts.vae_factor, inputs.size.width // parts.vae_factor
    noise = draw_noise(generators, (parts.unet.config.in_channels, rows, columns))
    networks = [guidance.network for guidance in inputs.guidances]
    pipeline = architecture.pipeline(
        parts, scheduler, starts_from_image=inputs.originals is not None, controlnets=networks
    )
    arguments = _shared_arguments(inputs, generators) | _control_arguments(inputs, parts)
    differential = None
    if inputs.originals is None:
        arguments |= {
            "latents": noise.to(parts.placement.dtype),
            "height": inputs.size.height,
            "width": inputs.size.width,
        }
    else:
        original = inputs.originals.expand(len(seeds), -1, -1, -1)
        pipeline.given_noise = noise
        # half a step more, so that the pipeline's truncation gives the number of steps that we rounded to
        arguments |= {"image": original, "strength": min(1.0, (inputs.steps_to_run + 0.5) / inputs.steps)}
        if inputs.change is not None:
            differential = DifferentialDenoising(inputs.change, original, noise)
    watcher = _StepWatcher(observer, progress, preview, StepRecorder(scheduler), differential)
    latents = pipeline(**arguments, callback_on_step_end=watcher, output_type="latent", return_dict=False)[0]
    return check_denoised(latents)


@dataclass(frozen=True)
class _StepWatcher:
    """Called by the pipeline after each step."""

    observer: Observer
    progress: Progress
    preview: PreviewFrame
    recorder: StepRecorder
    differential: DifferentialDenoising | None

    def __call__(self, running: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        self.observer.check_cancelled()
        latents = tensors["latents"]
        if self.differential is not None:
            timesteps = running.scheduler.timesteps[-running.num_timesteps :]
            latents = self.differential.after_step(latents, index + 1, timesteps, running.scheduler)
        done = self.progress.first + index + 1
        self.observer.stage("denoising", done, self.progress.of)
        if self.observer.wants_preview():
            self.observer.preview(self.preview.picture(self.recorder.predicted_clean()[0]), done, self.progress.of)
        return {"latents": latents}


def _shared_arguments(inputs: DenoisingInputs, generators: Sequence[torch.Generator]) -> dict[str, Any]:
    count = len(generators)
    conditioning = {name: one.expand(count, *one.shape[1:]) for name, one in inputs.conditioning.items()}
    return {
        **conditioning,
        "num_inference_steps": inputs.steps,
        "guidance_scale": inputs.guidance_scale,
        "generator": list(generators),
    }


def _control_arguments(inputs: DenoisingInputs, parts: ModelParts) -> dict[str, Any]:
    if not inputs.guidances:
        return {}
    maps = [guidance.tensor(parts.placement.dtype) for guidance in inputs.guidances]
    arguments: dict[str, Any] = {
        "controlnet_conditioning_scale": [float(guidance.weight) for guidance in inputs.guidances],
        "control_guidance_start": [guidance.start for guidance in inputs.guidances],
        "control_guidance_end": [guidance.end for guidance in inputs.guidances],
    }
    if len(maps) == 1:
        maps = maps[0]
        arguments = {name: values[0] for name, values in arguments.items()}
    return {**arguments, "control_image" if inputs.originals is not None else "image": maps}
