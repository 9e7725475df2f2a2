"""The plan step: region and run size for every canvas and selection."""

from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_daemon.planning.plan import LARGEST_ZOOM, MINIMUM_CONTEXT, plan_region
from velatura_daemon.planning.run_size import choose_run_size
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE, Rect
from velatura_protocol.messages import Planned
from velatura_protocol.request import InpaintSettings

#: What Stable Diffusion 1.5, SDXL and a small model of 128 pixels were trained for, and a coarse, non-square one.
SIZES = (
    TrainedSizes(512, 512, 256, 1024, 768 * 768, 8),
    TrainedSizes(1024, 1024, 512, 2048, 1024 * 1280, 64),
    TrainedSizes(128, 128, 64, 256, 192 * 192, 32),
    TrainedSizes(192, 96, 90, 200, 20_000, 16),
)
SD15 = SIZES[0]
LARGEST_BLOB = 256 << 20


def plan(selection, *, task="inpaint", canvas=(4096, 4096), inpaint=None, sizes=SD15) -> Planned:
    return plan_region(
        task=task,
        canvas_width=canvas[0],
        canvas_height=canvas[1],
        selection=selection,
        inpaint=inpaint or InpaintSettings(),
        sizes=sizes,
    )


def assert_trained(run_width: int, run_height: int, sizes: TrainedSizes) -> None:
    """Stated anew from the numbers, not by ``TrainedSizes.allows``."""
    assert 0 == run_width % sizes.multiple
    assert 0 == run_height % sizes.multiple
    assert sizes.smallest_side <= min(run_width, run_height)
    assert sizes.largest_side >= max(run_width, run_height)
    assert sizes.largest_area >= run_width * run_height


side = st.one_of(st.integers(1, MAX_SIDE), st.integers(1, 64), st.sampled_from([1, 512, 4096, 30000, MAX_SIDE]))
anywhere = st.builds(
    Rect,
    st.integers(-(2**40), 2**40) | st.integers(-100, MAX_SIDE),
    st.integers(-(2**40), 2**40) | st.integers(-100, MAX_SIDE),
    st.integers(-5, 2**40) | st.integers(1, 2000),
    st.integers(-5, 2**40) | st.integers(1, 2000),
)
any_inpaint = st.builds(
    InpaintSettings,
    grow=st.integers(0, 512),
    feather=st.integers(0, 512),
    context=st.floats(0, 4),
)


def part_that_must_be_covered(selection, canvas, task, inpaint) -> Rect:
    """The canvas pixels that the job may change: the selection, grown and feathered for inpainting."""
    if selection is None:
        return Rect(0, 0, 0, 0) if task == "inpaint" else canvas
    part = selection.intersection(canvas)
    if task == "inpaint" and not part.is_empty:
        part = part.grown(inpaint.grow + inpaint.feather).intersection(canvas)
    return part


def is_undistorted(planned: Planned, canvas: Rect) -> bool:
    """True when the region has the run size's aspect to the pixel, or nothing can be added on the short axis."""
    region, run_width, run_height = planned.region, planned.run_width, planned.run_height
    if abs(region.width * run_height - region.height * run_width) <= max(run_width, run_height):
        return True
    width = min(canvas.width, max(region.width, round(region.height * run_width / run_height)))
    height = min(canvas.height, max(region.height, round(region.width * run_height / run_width)))
    return (width, height) == (region.width, region.height) or width * height * 4 > LARGEST_BLOB


@settings(max_examples=12_000, deadline=None)
@given(side, side, st.none() | anywhere, any_inpaint, st.sampled_from(SIZES), st.sampled_from(["inpaint", "img2img"]))
def test_every_plan_is_inside_canvas_and_trained_sizes(width, height, selection, inpaint, sizes, task):
    """12,000 canvases from 1 x 1 to 32768 x 32768: a plan that keeps every promise, or the refusal that fits."""
    canvas = Rect(0, 0, width, height)
    wanted = part_that_must_be_covered(selection, canvas, task, inpaint)
    try:
        planned = plan(selection, task=task, canvas=(width, height), inpaint=inpaint, sizes=sizes)
    except VelaturaError as error:
        nothing_selected = selection is None or selection.is_empty
        expected = (
            "image_too_large"
            if not wanted.is_empty
            else "empty_selection"
            if nothing_selected
            else "selection_outside_canvas"
        )
        assert expected == error.info.code
        assert wanted.is_empty or wanted.width * wanted.height * 4 > LARGEST_BLOB
        return
    region = planned.region
    assert region == region.intersection(canvas)
    assert wanted == wanted.intersection(region)
    assert LARGEST_BLOB >= region.width * region.height * 4
    assert_trained(planned.run_width, planned.run_height, sizes)
    if task != "inpaint":
        assert wanted == region
    else:
        assert is_undistorted(planned, canvas)


@settings(max_examples=300, deadline=None)
@given(side, side, st.sampled_from(SIZES))
def test_no_other_size_is_nearer_in_aspect_and_area(width, height, sizes):
    """Against all allowed sizes: none is better in aspect without being worse in area."""
    area = min(max(width * height, sizes.native_width * sizes.native_height), sizes.largest_area)

    def distance(run_width, run_height):
        return abs(log(run_width * height / (run_height * width))), abs(log(run_width * run_height / area))

    chosen_stretch, chosen_area = distance(*choose_run_size(width, height, sizes))
    steps = range(0, sizes.largest_side + 1, sizes.multiple)
    for run_width in steps:
        for run_height in steps:
            if run_width and run_height and sizes.allows(run_width, run_height):
                stretch, other_area = distance(run_width, run_height)
                assert not (stretch < chosen_stretch - 1e-9 and other_area < chosen_area - 1e-9)


@settings(max_examples=500, deadline=None)
@given(st.integers(1, MAX_SIDE), st.floats(0.5, 2.0))
def test_ordinary_aspects_are_stretched_by_less_than_two_per_cent(width, aspect):
    """Aspects up to 2 : 1 at 8-pixel steps around 512 x 512: rounding costs next to nothing, at any size."""
    height = max(1, round(width / aspect))
    if not 0.5 <= width / height <= 2:
        return  # one or two pixels cannot have this aspect
    run_width, run_height = choose_run_size(width, height, SD15)
    assert abs(log(run_width * height / (run_height * width))) < 0.02


def test_a_small_selection_is_enlarged_to_the_native_size():
    """100 pixels in a 4096 x 4096 canvas: the object fills half of the native 512 pixels, not 100 of them."""
    planned = plan(Rect(2000, 2000, 100, 100))
    assert (512, 512) == (planned.run_width, planned.run_height)
    assert Rect(1950, 1950, 200, 200) == planned.region


def test_a_tiny_selection_is_not_enlarged_beyond_sense():
    """4 pixels: the region is extended until the zoom is 4, because blown-up surroundings teach the model blur."""
    planned = plan(Rect(2000, 2000, 4, 4))
    assert (512 // LARGEST_ZOOM,) * 2 == (planned.region.width, planned.region.height)


def test_a_large_selection_runs_at_the_largest_trained_area():
    """3000 x 2000 pixels: reduced to what the model was trained for, without being squeezed."""
    planned = plan(Rect(500, 500, 3000, 2000))
    assert 0.9 * SD15.largest_area < planned.run_width * planned.run_height <= SD15.largest_area
    assert is_undistorted(planned, Rect(0, 0, 4096, 4096))


def test_a_region_of_trained_size_is_not_resampled():
    """A region between native and largest area is extended to whole multiples: document pixels are run pixels."""
    planned = plan(Rect(1003, 997, 301, 290))
    assert (planned.region.width, planned.region.height) == (planned.run_width, planned.run_height)


@pytest.mark.parametrize("canvas", [(1024, 1024), (8192, 8192), (30000, 30000)])
def test_the_plan_depends_on_the_selection_not_on_the_canvas(canvas):
    """200 pixels cost in 30000 x 30000 what they cost in 1024 x 1024."""
    assert plan(Rect(400, 400, 200, 200), canvas=(1024, 1024)) == plan(Rect(400, 400, 200, 200), canvas=canvas)


def test_a_thin_selection_gets_room_rather_than_distortion():
    """1000 x 2 pixels without context: extended to an aspect that the model knows."""
    planned = plan(Rect(1000, 1000, 1000, 2), inpaint=InpaintSettings(context=0))
    assert planned.region.width <= planned.region.height * SD15.longest_aspect + 1
    assert is_undistorted(planned, Rect(0, 0, 4096, 4096))


def test_context_is_moved_inwards_at_the_canvas_edge():
    """A selection in the corner: the region stays on the canvas and still holds selection, context and aspect."""
    planned = plan(Rect(0, 0, 10, 10))
    assert Rect(0, 0, 128, 128) == planned.region


def test_some_context_is_always_read():
    """Context 0 still shows the model the least that colour matching and seam correction need."""
    planned = plan(Rect(1000, 1000, 400, 400), inpaint=InpaintSettings(context=0))
    assert planned.region.x <= 1000 - MINIMUM_CONTEXT


def test_grow_and_feather_are_inside_the_region():
    """What grow and feather repaint beyond the selection is read, and context beyond that."""
    planned = plan(Rect(1000, 1000, 100, 100), inpaint=InpaintSettings(grow=30, feather=20))
    assert planned.region.x <= 1000 - 30 - 20 - MINIMUM_CONTEXT


def test_a_selection_partly_outside_is_clipped():
    """Only the part on the canvas counts, for the region and for the context."""
    assert plan(Rect(0, 0, 50, 50), canvas=(600, 600)) == plan(Rect(-500, -500, 550, 550), canvas=(600, 600))


@pytest.mark.parametrize("task", ["txt2img", "img2img"])
def test_a_canvas_of_one_pixel_works(task):
    """1 x 1: the picture is made at the native size and scaled."""
    assert Planned(Rect(0, 0, 1, 1), 512, 512) == plan(None, task=task, canvas=(1, 1))


@pytest.mark.parametrize(
    ("task", "canvas", "selection", "code"),
    [
        ("inpaint", (100, 100), None, "empty_selection"),
        ("inpaint", (100, 100), Rect(3, 3, 0, 5), "empty_selection"),
        ("inpaint", (100, 100), Rect(3, 3, 5, -5), "empty_selection"),
        ("inpaint", (100, 100), Rect(100, 0, 5, 5), "selection_outside_canvas"),
        ("img2img", (100, 100), Rect(-9, -9, 9, 9), "selection_outside_canvas"),
        ("img2img", (30000, 30000), None, "image_too_large"),
        ("txt2img", (8192, 8193), None, "image_too_large"),
        ("inpaint", (30000, 30000), Rect(0, 0, 20000, 20000), "image_too_large"),
        ("inpaint", (32769, 10), Rect(0, 0, 5, 5), "image_too_large"),
        ("txt2img", (0, 10), None, "invalid_value"),
        ("txt2img", (10, -1), None, "invalid_value"),
    ],
)
def test_what_cannot_be_planned_is_refused(task, canvas, selection, code):
    """Each refusal has its code and says what to do."""
    with pytest.raises(VelaturaError) as raised:
        plan(selection, task=task, canvas=canvas)
    assert code == raised.value.info.code


def test_the_largest_message_can_be_planned():
    """8192 x 8192 RGBA is exactly one blob of 256 MiB: allowed, and without context rather than refused."""
    assert Rect(0, 0, 8192, 8192) == plan(None, task="img2img", canvas=(8192, 8192)).region
    assert Rect(100, 100, 8192, 8192) == plan(Rect(100, 100, 8192, 8192), canvas=(30000, 30000)).region


@pytest.mark.parametrize(
    "numbers",
    [(512, 512, 256, 400, 512 * 512, 8), (500, 512, 256, 512, 512 * 512, 8), (64, 64, 64, 512, 4095, 8)],
)
def test_contradictory_trained_sizes_are_a_programming_error(numbers):
    """A native size that is not allowed would make the planner leave the trained sizes: refused when it is made."""
    with pytest.raises(ValueError, match=r"native size|smallest side"):
        TrainedSizes(*numbers)
