"""Plans and checks of the task ``control_map``, which needs no model."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_daemon.planning.check import check_plan, check_request
from velatura_daemon.planning.map_size import LONGEST_MAP_SIDE, check_map_size, choose_map_size
from velatura_daemon.planning.plan import plan_control_map
from velatura_protocol.catalogue import ControlDescription
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE, ImageRef, Rect
from velatura_protocol.messages import Plan, Planned
from velatura_protocol.request import ControlRequest, GenerationRequest

CATALOGUE = build_catalogue(ModelLibrary(()))
EDGES = ControlRequest("edges", ImageRef(0, 64, 48), prepared=False)
GOOD = GenerationRequest("control_map", "", 200, 100, Rect(10, 20, 64, 48), controls=(EDGES,))


def refused(request: GenerationRequest) -> VelaturaError:
    def check() -> None:
        check_request(request, CATALOGUE)
        check_map_size(request)

    with pytest.raises(VelaturaError) as raised:
        check()
    return raised.value


def test_the_plan_covers_selection_or_canvas() -> None:
    """The selection's bounds inside the canvas; without one the canvas, made at a bounded size."""
    selected = plan_control_map(canvas_width=640, canvas_height=480, selection=Rect(600, -9, 100, 30))
    whole = plan_control_map(canvas_width=4096, canvas_height=2048, selection=None)
    assert Planned(Rect(600, 0, 40, 21), 40, 21) == selected
    assert Planned(Rect(0, 0, 4096, 2048), 1024, 512) == whole


def test_the_plan_refuses_what_no_job_can_carry() -> None:
    """A selection beside the canvas, an empty one, a canvas beyond one message."""
    for canvas, selection, code in (
        ((640, 480), Rect(700, 0, 9, 9), "selection_outside_canvas"),
        ((640, 480), Rect(0, 0, 0, 9), "empty_selection"),
        ((30000, 30000), None, "image_too_large"),
    ):
        with pytest.raises(VelaturaError) as raised:
            plan_control_map(canvas_width=canvas[0], canvas_height=canvas[1], selection=selection)
        assert code == raised.value.info.code


@settings(max_examples=300, deadline=None)
@given(st.integers(1, MAX_SIDE), st.integers(1, MAX_SIDE))
def test_whatever_the_region_the_size_is_bounded_and_never_larger(width: int, height: int) -> None:
    """At least one pixel, at most the bound, and nothing is enlarged; what is planned is accepted."""
    run_width, run_height = choose_map_size(width, height)
    assert 1 <= run_width <= min(width, LONGEST_MAP_SIDE)
    assert 1 <= run_height <= min(height, LONGEST_MAP_SIDE)
    assert max(run_width, run_height) == min(max(width, height), LONGEST_MAP_SIDE)
    check_map_size(replace(GOOD, run_width=run_width, run_height=run_height))


@pytest.mark.parametrize("model", ["", "pochade", "gone"])
def test_no_model_is_needed(model: str) -> None:
    """A machine without any model makes maps too."""
    assert check_plan(Plan("control_map", model, 200, 100), CATALOGUE) is None
    assert check_request(replace(GOOD, model=model), CATALOGUE) is None


@pytest.mark.parametrize(
    ("request_", "code", "hint"),
    [
        (replace(GOOD, controls=()), "invalid_value", "exactly one control"),
        (replace(GOOD, controls=(EDGES, EDGES)), "invalid_value", "exactly one control"),
        (replace(GOOD, controls=(replace(EDGES, prepared=True),)), "invalid_value", "not yet a map"),
        (replace(GOOD, controls=(replace(EDGES, kind="pose"),)), "unknown_control", "depth, edges"),
        (replace(GOOD, controls=(replace(EDGES, kind="depth"),)), "invalid_value", "estimators/depth"),
        (replace(GOOD, region=Rect(10, 20, 65, 48)), "image_size_mismatch", "64 x 48"),
        (replace(GOOD, run_width=1025, run_height=10), "invalid_value", "1 to 1024"),
        (replace(GOOD, run_width=64), "invalid_value", "0 x 0"),
    ],
)
def test_what_cannot_be_made_is_refused_before_it_is_queued(request_: GenerationRequest, code: str, hint: str) -> None:
    """The sentence says what is wanted, or what is missing on this machine."""
    error = refused(request_)
    assert code == error.info.code
    assert hint in error.info.message


def test_a_painting_task_refuses_a_picture_where_only_a_map_can_be_given() -> None:
    """Depth as guidance: a map is taken, a picture is not, with the same sentence as for the map's own task."""
    depth = ControlRequest("depth", ImageRef(0, 64, 48))
    painting = replace(GOOD, task="txt2img", model="pochade", prompt="a tree", controls=(depth,))
    assert check_request(painting, CATALOGUE) is None
    assert "estimators/depth" in refused(replace(painting, controls=(replace(depth, prepared=False),))).info.message


def test_a_kind_that_explains_nothing_is_refused_all_the_same() -> None:
    """A control of another version may not say why it cannot make its map."""
    kind = ControlDescription("pose", "Pose", "", models=("pochade",), can_prepare=False)
    catalogue = replace(CATALOGUE, controls=(kind,))
    with pytest.raises(VelaturaError, match="Give the pose map itself"):
        check_request(replace(GOOD, controls=(replace(EDGES, kind="pose"),)), catalogue)
