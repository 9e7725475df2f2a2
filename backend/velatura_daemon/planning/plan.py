"""The `plan` step: which document pixels a job needs.

The cost of a job grows with the selection, not with the canvas; a small selection is enlarged for the model.
"""

from math import ceil

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE, Rect
from velatura_protocol.messages import Planned
from velatura_protocol.request import InpaintSettings

from .bounds import check_fits_message, fits_message
from .map_size import choose_map_size
from .run_size import choose_run_size
from .sizes import TrainedSizes

#: Document pixels of surroundings that are read at least, on each side: colour matching and seam correction compare
#: them with the result, and a model that sees nothing around a hole cannot continue it.
MINIMUM_CONTEXT = 16
#: A region is not enlarged more than this on its way to the model (a canvas that is smaller leaves no choice). Beyond
#: it the surroundings are blur rather than picture, and the model continues the blur.
LARGEST_ZOOM = 4


def plan_region(
    *,
    task: str,
    canvas_width: int,
    canvas_height: int,
    selection: Rect | None,
    inpaint: InpaintSettings,
    sizes: TrainedSizes,
) -> Planned:
    """The part of the document to send and the size to run at, in pixels.

    Inpainting needs a selection and reads some of its surroundings. The other tasks cover the selection, or the whole
    canvas when there is none.

    Raises:
        VelaturaError: ``invalid_value``, ``empty_selection``, ``selection_outside_canvas``, ``image_too_large``.
    """
    canvas = _canvas(canvas_width, canvas_height)
    if task == "inpaint":
        return _plan_inpaint(_inside(selection, canvas), canvas, inpaint, sizes)
    region = _covered(selection, canvas)
    return Planned(region, *choose_run_size(region.width, region.height, sizes))


def plan_control_map(*, canvas_width: int, canvas_height: int, selection: Rect | None) -> Planned:
    """The part of the document to make a control map of, and the size to make it at, in pixels.

    It covers the selection, or the whole canvas when there is none. Raises like ``plan_region``.
    """
    region = _covered(selection, _canvas(canvas_width, canvas_height))
    return Planned(region, *choose_map_size(region.width, region.height))


def _covered(selection: Rect | None, canvas: Rect) -> Rect:
    region = canvas if selection is None else _inside(selection, canvas)
    check_fits_message(region, "The canvas" if selection is None else "The selection")
    return region


def _canvas(width: int, height: int) -> Rect:
    if width < 1 or height < 1:
        raise VelaturaError("invalid_value", f"The canvas is {width} x {height} pixels; it must be at least 1 x 1.")
    if max(width, height) > MAX_SIDE:
        raise VelaturaError(
            "image_too_large",
            f"The canvas is {width} x {height} pixels; each side may have {MAX_SIDE}. Scale the image down or crop it.",
        )
    return Rect(0, 0, width, height)


def _inside(selection: Rect | None, canvas: Rect) -> Rect:
    if selection is None or selection.is_empty:
        raise VelaturaError("empty_selection", "Nothing is selected. Select the part of the picture to repaint.")
    inside = selection.intersection(canvas)
    if inside.is_empty:
        raise VelaturaError(
            "selection_outside_canvas", "The selection lies outside the canvas. Select a part of the picture."
        )
    return inside


def _plan_inpaint(selection: Rect, canvas: Rect, inpaint: InpaintSettings, sizes: TrainedSizes) -> Planned:
    repainted = selection.grown(max(0, inpaint.grow + inpaint.feather)).intersection(canvas)
    check_fits_message(repainted, "The selection (with grow and feather)")
    context = max(MINIMUM_CONTEXT, round(inpaint.context * max(selection.width, selection.height)))
    region = repainted.grown(context).intersection(canvas)
    while not fits_message(region):  # ends at context 0: that is ``repainted``, which was checked
        context //= 2
        region = repainted.grown(context).intersection(canvas)
    region = _with_sensible_shape(region, canvas, sizes)

    own_size = _size_without_resampling(region, canvas, sizes)
    if own_size is not None:
        return Planned(_extended(region, *own_size, canvas), *own_size)
    run_width, run_height = choose_run_size(region.width, region.height, sizes)
    width, height = round(region.height * run_width / run_height), round(region.width * run_height / run_width)
    return Planned(_extended(region, width, height, canvas), run_width, run_height)


def _with_sensible_shape(region: Rect, canvas: Rect, sizes: TrainedSizes) -> Rect:
    """Extended so far that ``LARGEST_ZOOM`` and the model's aspects suffice, where the canvas has room for it."""
    width = max(sizes.native_width // LARGEST_ZOOM, ceil(region.height / sizes.longest_aspect))
    height = max(sizes.native_height // LARGEST_ZOOM, ceil(region.width / sizes.longest_aspect))
    return _extended(region, width, height, canvas)


def _size_without_resampling(region: Rect, canvas: Rect, sizes: TrainedSizes) -> tuple[int, int] | None:
    """The region's own size rounded up to the model's multiple, when model and canvas allow it, else None.

    Then document pixels are run pixels, and nothing is blurred by resampling.
    """
    width = -(-region.width // sizes.multiple) * sizes.multiple
    height = -(-region.height // sizes.multiple) * sizes.multiple
    fits = width <= canvas.width and height <= canvas.height and width * height >= sizes.native_area
    return (width, height) if fits and sizes.allows(width, height) else None


def _extended(region: Rect, width: int, height: int, canvas: Rect) -> Rect:
    """The region with at least ``width`` and ``height``, centred where the canvas has room, else moved inwards.

    Unchanged when it could no longer travel in one message: then a distorted picture is better than none.
    """
    x, new_width = _extended_axis(region.x, region.width, width, canvas.width)
    y, new_height = _extended_axis(region.y, region.height, height, canvas.height)
    extended = Rect(x, y, new_width, new_height)
    return extended if fits_message(extended) else region


def _extended_axis(start: int, length: int, wanted: int, room: int) -> tuple[int, int]:
    extended = min(max(wanted, length), room)
    centred = start - (extended - length) // 2
    return min(max(centred, 0), room - extended), extended
