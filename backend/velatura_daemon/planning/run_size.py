"""The size that a region is denoised at: never outside what the model was trained for."""

from math import log

from .sizes import TrainedSizes

#: How much a factor in area counts beside the same factor in aspect. Small: a few per cent more or fewer pixels
#: cannot be seen, a circle that becomes an ellipse can.
AREA_WEIGHT = 0.05


def choose_run_size(width: int, height: int, sizes: TrainedSizes) -> tuple[int, int]:
    """The allowed (width, height) in pixels that is nearest in aspect to a region of ``width`` x ``height`` pixels.

    Among those, the one that is nearest in area to the region; a region smaller than the native area is enlarged to
    it, because a model paints few pixels badly, and one larger than the largest area is reduced to that.
    """
    area = min(max(width * height, sizes.native_area), sizes.largest_area)
    best = (sizes.native_width, sizes.native_height)
    best_cost = float("inf")
    for run_width in range(sizes.shortest, sizes.longest + 1, sizes.multiple):
        for run_height in _heights(run_width, width, height, sizes):
            stretch = abs(log(run_width * height / (run_height * width)))
            cost = stretch + AREA_WEIGHT * abs(log(run_width * run_height / area))
            if cost < best_cost:
                best, best_cost = (run_width, run_height), cost
    return best


def _heights(run_width: int, width: int, height: int, sizes: TrainedSizes) -> tuple[int, int]:
    """The allowed heights next below and next above the one that keeps the aspect exactly."""
    tallest = min(sizes.longest, sizes.largest_area // run_width) // sizes.multiple * sizes.multiple
    below = run_width * height // (width * sizes.multiple) * sizes.multiple
    below = min(max(below, sizes.shortest), tallest)
    return below, min(below + sizes.multiple, tallest)
