"""What a trace shows, ready to be drawn: plain arrays and numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .words import ReadPrompt, Word

Rgb = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class NoisedPicture:
    """A picture with the noise of one timestep, (h, w, 3) uint8 sRGB.

    Attributes:
        signal: share of the picture in the variance, 0..1.
        is_start: the run begins here. is_skipped: noisier than where it begins.
    """

    rgb: Rgb
    timestep: int
    signal: float
    is_start: bool
    is_skipped: bool


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """One denoising step. Latents are (channels, h, w) float32, pictures (h, w, 3) uint8 sRGB.

    Attributes:
        number: from 1. timestep, signal: as in ``RecordedStep``.
        latents: before the step. decoded: the picture that they stand for. noise, clean: what the model predicts.
        difference: (h, w) float32, how much the prompt changes the prediction at each place: root mean square over
            the channels; None without guidance.
    """

    number: int
    timestep: float
    signal: float
    latents: NDArray[np.float32]
    decoded: Rgb
    noise: NDArray[np.float32]
    clean: Rgb
    difference: NDArray[np.float32] | None


@dataclass(frozen=True, kw_only=True)
class WordAttention:
    """Where a word looked.

    Attributes:
        places: (h, w) float32 at latent size, its attention as a multiple of its own mean: 1 = nowhere in particular.
        share: of all attention, 0..1; what the words leave goes to the begin and padding tokens.
    """

    word: Word
    places: NDArray[np.float32]
    share: float


@dataclass(frozen=True, kw_only=True)
class RunTrace:
    """One run.

    Attributes:
        strength: None when there is no canvas. steps: of the whole schedule, of which ``schedule`` was run.
        sampler: diffusers' class name.
        schedule: timesteps that were run. training_steps: timesteps that the noise has in all.
        canvas: at run size, None = from noise alone. picture: the result at run size.
    """

    prompt: str
    negative_prompt: str
    model: str
    seed: int
    steps: int
    guidance_scale: float
    strength: float | None
    sampler: str
    schedule: tuple[float, ...]
    training_steps: int
    canvas: Rgb | None
    picture: Rgb
    read_prompt: ReadPrompt
    read_negative: ReadPrompt
    noised: tuple[NoisedPicture, ...]
    shown_steps: tuple[ShownStep, ...]
    attention: tuple[WordAttention, ...]
