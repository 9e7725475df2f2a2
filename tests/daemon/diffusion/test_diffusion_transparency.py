"""What lies hidden under transparent pixels: no task and no control ever shows it to the model, or gives it back."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_protocol.request import InpaintSettings

SIDE = 128
FILLS = ("original", "blur", "neutral", "noise")
TASKS: dict[str, dict[str, Any]] = {
    "img2img": {"strength": 0.6},
    **{f"inpaint-{fill}": {"inpaint": InpaintSettings(fill=fill, feather=4)} for fill in FILLS},
    "txt2img-picture": {"control_options": {"prepared": False}},
    "txt2img-map": {"control_options": {"prepared": True}},
    "control_map": {"control_options": {"prepared": False}},
}


@pytest.fixture(scope="module")
def figure() -> NDArray[np.uint8]:
    """A red figure with a soft outline on a transparent layer: (128, 128, 4), alpha from 0 to 255."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    layer = np.full((SIDE, SIDE, 4), (200, 30, 30, 255), np.uint8)
    layer[::4, :, :3] = (90, 60, 20)
    layer[..., 3] = np.clip((44 - np.hypot(rows - 64, columns - 64)) * 40, 0, 255)
    return layer


@pytest.mark.parametrize("case", TASKS)
def test_hidden_colours_decide_nothing(easel, figure, case):
    """With other colours under alpha 0 the very same pixels come back; a visible change changes them."""
    task = case.partition("-")[0]
    selection = np.zeros((SIDE, SIDE), np.uint8)
    selection[32:, 64:] = 255

    def painted(layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
        role = "control" if "control_options" in TASKS[case] else "canvas"
        mask = {"mask": selection} if task == "inpaint" else {}
        return easel.paint(task, **{role: layer}, **mask, **TASKS[case], steps=2).patches[0].rgba

    hidden = figure[..., 3] == 0
    other = figure.copy()
    other[hidden, :3] = np.random.default_rng(2).integers(0, 256, (int(hidden.sum()), 3))
    expected = painted(figure)
    np.testing.assert_array_equal(expected, painted(other))
    shown = figure.copy()
    shown[48:80, 40:90, :3] = (250, 240, 90)
    assert not np.array_equal(expected, painted(shown))
