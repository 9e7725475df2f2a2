"""Differential denoising: a soft mask gives graded change."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from velatura_daemon.diffusion import tasks
from velatura_daemon.diffusion.differential import DifferentialDenoising
from velatura_daemon.samplers.euler import SAMPLER

from .conftest import Easel


class NoNoise:
    """A scheduler whose every level is the clean picture."""

    def add_noise(self, original: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        return original + 0 * noise


@pytest.mark.parametrize(("change", "free_steps"), [(0.0, 0), (0.1, 1), (0.25, 2), (0.5, 5), (0.9, 9), (1.0, 10)])
def test_a_pixel_is_free_for_its_share_of_the_steps(change: float, free_steps: int) -> None:
    """Of 10 steps, a pixel of change c is denoised in the last round(10 c); one of change 0 ends as the canvas."""
    original = torch.zeros(1, 4, 2, 2)
    mask = np.full((16, 16), change, np.float32)
    differential = DifferentialDenoising(mask, original, torch.zeros_like(original))

    latents, kept = original, 0
    for step in range(1, 11):
        before = latents
        latents = differential.after_step(before + 1, step, torch.arange(10), NoNoise())
        kept += int(bool((latents == 0).all()))

    assert (free_steps, 10 - free_steps) == (int(latents.max()), kept)


def test_what_is_held_has_the_noise_of_the_next_step() -> None:
    """The canvas is put back at the level that the next step expects, with the noise of the start."""
    scheduler = SAMPLER.build({"prediction_type": "epsilon"})
    scheduler.set_timesteps(4)
    original, noise = torch.ones(1, 4, 2, 2), torch.full((1, 4, 2, 2), 0.5)
    differential = DifferentialDenoising(np.zeros((16, 16), np.float32), original, noise)

    held = differential.after_step(torch.zeros_like(original), 2, scheduler.timesteps, scheduler)

    assert torch.allclose(original + float(scheduler.sigmas[2]) * noise, held)


@pytest.fixture
def raw_pictures(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.uint8]]:
    """What the model painted in each job, before it is laid over the canvas with the selection as its alpha."""
    raw: list[NDArray[np.uint8]] = []
    compose = tasks.compose_patch

    def keep_raw(**arguments: Any) -> Any:
        raw.append(arguments["generated"])
        return compose(**arguments)

    monkeypatch.setattr(tasks, "compose_patch", keep_raw)
    return raw


def test_the_more_is_selected_the_more_changes(easel: Easel, raw_pictures: list[NDArray[np.uint8]]) -> None:
    """Evenly selected canvases: a tenth selected changes little, a third changes in part, all changes all."""
    canvas = np.full((128, 128, 4), (240, 220, 90, 255), np.uint8)
    for selected in (26, 77, 255):
        mask = np.full((128, 128), selected, np.uint8)
        easel.paint("inpaint", canvas=canvas, mask=mask, prompt="a blue car on a green background", steps=20)

    changes = [float(np.abs(raw.astype(float) - canvas[..., :3]).mean()) for raw in raw_pictures]
    assert sorted(changes) == changes
    assert changes[2] > 4 * changes[0]


def test_a_soft_edge_changes_the_picture_in_grades(easel: Easel, raw_pictures: list[NDArray[np.uint8]]) -> None:
    """A selection that rises from left to right: the left edge changes least, the right half most.

    How much less is bounded by the decoder, which looks a few latent cells around each pixel.
    """
    canvas = np.full((128, 128, 4), (240, 220, 90, 255), np.uint8)
    mask = np.repeat(np.linspace(0, 255, 128).astype(np.uint8)[None], 128, axis=0)

    easel.paint("inpaint", canvas=canvas, mask=mask, prompt="a blue car on a green background", steps=8)

    change = np.abs(raw_pictures[0].astype(float) - canvas[..., :3]).mean((0, 2))
    left, near_the_left, right_half = change[:16].mean(), change[16:40].mean(), change[64:].mean()
    assert left < near_the_left < right_half
    assert right_half > 1.5 * left
