"""Samplers: each keeps what the model was trained with, and each paints."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_daemon.models.discovery import discover
from velatura_daemon.samplers.sampler import Sampler

from .conftest import POCHADE, Easel

SAMPLERS = discover("velatura_daemon.samplers", "SAMPLER", Sampler)
CONFIG = json.loads((POCHADE / "scheduler" / "scheduler_config.json").read_text())


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS.keys())
def test_a_sampler_keeps_the_models_training_schedule(sampler: Sampler) -> None:
    """Prediction type and betas are the model's, whichever sampler it is."""
    config = sampler.build(CONFIG).config

    for name in ("prediction_type", "beta_start", "beta_end", "beta_schedule", "num_train_timesteps"):
        assert CONFIG[name] == config[name], name


def test_karras_is_a_choice_of_its_own() -> None:
    """A model whose configuration says Karras can still be run without, and the other way round."""
    asked = {"dpmpp_2m": True, "dpmpp_2m_karras": False, "euler": True, "unipc": True}

    got = {name: SAMPLERS[name].build({**CONFIG, "use_karras_sigmas": given}) for name, given in asked.items()}

    assert {"dpmpp_2m": False, "dpmpp_2m_karras": True, "euler": False, "unipc": False} == {
        name: scheduler.config.use_karras_sigmas for name, scheduler in got.items()
    }


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "lcm"])
def test_every_sampler_paints_what_was_asked(easel: Easel, name: str) -> None:
    """A red thing on a yellow ground in 8 steps; LCM needs a model that was distilled for it."""
    picture = easel.paint("txt2img", sampler=name, seed=3, steps=8).patches[0].rgba.astype(float)

    middle, corner = picture[50:78, 50:78, :3].mean((0, 1)), picture[:16, :16, :3].mean((0, 1))
    assert middle[0] > middle[1] + 50
    assert corner[1] > middle[1] + 50


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_inpaints_and_keeps_what_is_not_selected(
    easel: Easel, apple: NDArray[np.uint8], name: str
) -> None:
    """Each sampler's own way to carry noise goes together with the putting back of the canvas."""
    mask = np.zeros((128, 128), np.uint8)
    mask[48:80, 48:80] = 255

    patch = easel.paint("inpaint", canvas=apple, mask=mask, sampler=name, prompt="a blue apple").patches[0]

    assert np.isfinite(patch.rgba.astype(float)).all()
    assert 255 == int(patch.rgba[..., 3].max())
