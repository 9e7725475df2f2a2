"""ControlNet guidance through the engine, with a ControlNet that was not trained but acts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_daemon.diffusion.loaded_models import LoadedModels
from velatura_protocol.errors import VelaturaError

from .conftest import Easel


@pytest.fixture(autouse=True)
def own_controlnet(engine, extra_folder, monkeypatch):  # type: ignore[no-untyped-def]
    """The tests' own ControlNet goes before the embedded one, whose effect depends on its training."""
    library = engine._painter._models._library
    monkeypatch.setattr(library, "controlnet", lambda *_: extra_folder / "controlnets" / "random-edges")


@pytest.mark.parametrize("task", ["txt2img", "img2img", "inpaint"])
def test_a_control_acts_in_every_task(easel: Easel, apple: NDArray[np.uint8], task: str) -> None:
    """The picture differs from the one without it, and with the weight 0 it does not."""
    inputs = {
        "txt2img": {},
        "img2img": {"canvas": apple, "strength": 0.8},
        "inpaint": {"canvas": apple, "mask": np.full((128, 128), 255, np.uint8)},
    }[task]

    without = easel.paint(task, **inputs).patches[0].rgba
    weights = (1.0, 0.0)
    guided = [
        easel.paint(task, **inputs, control=apple, control_options={"prepared": False, "weight": weight})
        for weight in weights
    ]

    assert not np.array_equal(without, guided[0].patches[0].rgba)
    assert np.array_equal(without, guided[1].patches[0].rgba)


def test_a_control_map_is_prepared_once(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """The same control image finds its map, another is prepared; the network is loaded once."""
    moved = np.roll(apple, 9, axis=0)
    easel.paint("txt2img", control=apple, control_options={"prepared": False})
    counters = [
        easel.paint("txt2img", control=image, control_options={"prepared": False}).report.counters
        for image in (apple, moved, apple)
    ]

    assert [(0, 1), (1, 0), (0, 1)] == [
        (one.get("control_prepared", 0), one.get("control_cached", 0)) for one in counters
    ]
    assert [1, 1, 1] == [one["controlnet_cached"] for one in counters]


def test_a_control_acts_only_between_its_start_and_its_end(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """In the last half of the steps it does not change what the first half alone decides."""
    options = {"prepared": False, "start": 0.0, "end": 1.0}
    whole, half, nothing = (
        easel.paint("txt2img", control=apple, control_options={**options, "end": end}).patches[0].rgba
        for end in (1.0, 0.5, 0.01)
    )

    assert not np.array_equal(whole, half)
    assert np.array_equal(easel.paint("txt2img").patches[0].rgba, nothing)


def test_lines_may_be_drawn_dark_on_a_transparent_layer(easel: Easel) -> None:
    """A painter's line layer gives the same guidance as white lines on black."""
    drawn = np.zeros((128, 128, 4), np.uint8)
    drawn[60:64, 20:100] = (0, 0, 0, 255)
    ready = np.zeros((128, 128, 4), np.uint8)
    ready[..., 3] = 255
    ready[60:64, 20:100] = 255

    pictures = [easel.paint("txt2img", control=image).patches[0].rgba for image in (drawn, ready)]

    assert np.array_equal(pictures[0], pictures[1])


def test_a_control_without_a_network_is_refused(
    easel: Easel, apple: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names control and model."""
    models: LoadedModels = easel.engine._painter._models  # type: ignore[attr-defined]
    monkeypatch.setattr(models._library, "controlnet", lambda *_: None)

    with pytest.raises(VelaturaError) as caught:
        easel.paint("txt2img", control=apple)

    assert "unknown_control" == caught.value.info.code
