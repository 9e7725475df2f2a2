"""The task ``control_map``: what a control would follow, as a picture, made without a diffusion model."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_daemon.controls.control import NoEstimators
from velatura_daemon.controls.edges import CONTROL
from velatura_daemon.diffusion.engine import create_engine
from velatura_daemon.engine_contract import EngineSettings
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import ControlRequest, GenerationRequest

from .conftest import Easel, RecordingObserver

PICTURE = {"prepared": False}


@pytest.fixture(scope="module")
def bare_easel() -> Easel:
    """An engine that nobody else uses, so that what it has loaded can be told."""
    return Easel(create_engine(EngineSettings(device="cpu")))


def test_the_map_covers_the_region_and_is_opaque(bare_easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Canny's edges at the region's own resolution, grey in three channels, at the region's place."""
    region = Rect(40, 8, 128, 128)
    result = bare_easel.paint("control_map", model="", prompt="", control=apple, control_options=PICTURE, region=region)

    (patch,) = result.patches
    edges = CONTROL.prepare(np.ascontiguousarray(apple[..., :3]), NoEstimators())
    assert (40, 8) == (patch.x, patch.y)
    np.testing.assert_array_equal(np.dstack([edges, edges, edges, np.full_like(edges, 255)]), patch.rgba)
    assert (128, 128) == (result.report.run_width, result.report.run_height)


def test_no_diffusion_model_is_loaded(bare_easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Neither weights in memory nor a stage of loading or denoising."""
    observer = RecordingObserver()
    bare_easel.paint("control_map", control=apple, control_options=PICTURE, observer=observer)

    assert ["encoding", "compositing"] == [stage for stage, _, _ in observer.stages]
    assert {} == bare_easel.engine._painter._models._held  # type: ignore[attr-defined]


def test_a_large_region_is_made_at_a_bounded_size(bare_easel: Easel) -> None:
    """The map is made where models look at it, and covers the region all the same."""
    picture = np.zeros((300, 2500, 4), np.uint8)
    picture[..., 3] = 255
    picture[100:200, 500:2000, :3] = 220
    region = Rect(0, 0, 2500, 300)
    result = bare_easel.paint("control_map", control=picture, control_options=PICTURE, region=region)

    assert (1024, 123) == (result.report.run_width, result.report.run_height)
    assert (300, 2500, 4) == result.patches[0].rgba.shape
    assert 200 < result.patches[0].rgba[..., 0].max()


def test_the_map_guides_like_the_picture_that_it_was_made_of(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Given back as it is, at the size that the model runs at, it gives the very same picture."""
    made = easel.paint("control_map", control=apple, control_options=PICTURE).patches[0].rgba
    found, given = (
        easel.paint("txt2img", control=image, control_options={"prepared": prepared}).patches[0].rgba
        for image, prepared in ((apple, False), (made, True))
    )

    np.testing.assert_array_equal(found, given)


def test_the_same_map_is_made_once(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Asked for again it is found, as those of painting jobs are."""
    moved = np.roll(apple, 17, axis=1)
    counters = [easel.paint("control_map", control=moved, control_options=PICTURE).report.counters for _ in range(2)]

    assert [{"control_prepared": 1}, {"control_cached": 1}] == counters


def test_depth_without_an_estimator_says_what_to_do(bare_easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Also when the supervisor's catalogue is older than the folder that has gone."""
    control = ControlRequest("depth", ImageRef(0, 128, 128), prepared=False)
    request = GenerationRequest("control_map", "", 128, 128, Rect(0, 0, 128, 128), controls=(control,))
    with pytest.raises(VelaturaError, match="estimators/depth"):
        bare_easel.engine.run(request, [memoryview(apple.tobytes())], RecordingObserver())


@pytest.mark.parametrize("controls", [0, 2, "prepared", "unknown"])
def test_anything_but_one_picture_for_one_control_is_refused(
    bare_easel: Easel, apple: NDArray[np.uint8], controls: int | str
) -> None:
    """No control, two of them, a map already, a kind that nobody has."""
    one = ControlRequest("edges", ImageRef(0, 128, 128), prepared=False)
    given = {0: (), 2: (one, one), "prepared": (replace(one, prepared=True),), "unknown": (replace(one, kind="pose"),)}
    request = GenerationRequest("control_map", "", 128, 128, Rect(0, 0, 128, 128), controls=given[controls])
    with pytest.raises(VelaturaError) as caught:
        bare_easel.engine.run(request, [memoryview(apple.tobytes())], RecordingObserver())
    assert ("unknown_control" if controls == "unknown" else "invalid_value") == caught.value.info.code
