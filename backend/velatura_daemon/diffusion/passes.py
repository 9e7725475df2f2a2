"""How often, and at which sizes, the model goes over a picture.

A model paints well at the sizes that it was trained for. A region with more pixels than that would be its picture
enlarged, and blurred. So a second pass goes over the enlarged picture in tiles of a trained size and adds detail. It
has at most ``TrainedSizes.largest_enlargement`` times the pixels along a side, as each doubling costs four times the
time; what is missing beyond is enlarged.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.compositing.resample import resize_rgb
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.request import GenerationRequest

from .tasks import STARTING_FROM_CANVAS, RunSize, TaskInputs

#: The second pass must bring at least this factor in pixels to be worth its time.
SMALLEST_GAIN = 1.5
#: Strength of the second pass: enough to sharpen edges, too little for a tile to begin a picture of its own.
DETAIL_STRENGTH = 0.3
#: Up to this strength the canvas itself holds the composition together. Then tiles alone do, and the canvas' own detail
#: is not lost by reducing it first.
TILES_ALONE_STRENGTH = 0.5


@dataclass(frozen=True)
class Pass:
    """One denoising.

    Attributes:
        size: pixels of the picture. tile: size that the model sees at once; ``size`` itself when that is all of it.
        strength: 0..1, as in ``GenerationRequest``.
        guided: whether the request's controls act.
    """

    size: RunSize
    tile: RunSize
    strength: float
    guided: bool = True

    @property
    def is_tiled(self) -> bool:
        return self.size != self.tile


def plan_passes(request: GenerationRequest, size: RunSize, sizes: TrainedSizes, cell: int) -> tuple[Pass, ...]:
    """One pass at ``size``, which the model was trained for; or two; or one in tiles.

    ``cell``: pixels along a side of what one latent stands for.
    """
    width = _enlarged(size.width, request.region.width, cell, sizes)
    height = _enlarged(size.height, request.region.height, cell, sizes)
    whole = Pass(size, size, request.strength)
    if width * height < SMALLEST_GAIN * size.width * size.height:
        return (whole,)
    larger = RunSize(width, height)
    tile = RunSize(min(size.width, sizes.native_width), min(size.height, sizes.native_height))
    if request.task in STARTING_FROM_CANVAS and request.strength <= TILES_ALONE_STRENGTH and not request.controls:
        return (Pass(larger, tile, request.strength),)
    return whole, Pass(larger, tile, DETAIL_STRENGTH, guided=False)


def image_for_second_pass(first: NDArray[np.uint8], inputs: TaskInputs, size: RunSize) -> NDArray[np.uint8]:
    """The first pass' picture, (h, w, 3) uint8, at the second's size; where nothing is repainted, the canvas itself."""
    enlarged = resize_rgb(first, size.width, size.height)
    if inputs.image is None or inputs.change is None:
        return enlarged
    change = inputs.change[..., None]
    return (enlarged * change + inputs.image * (1 - change) + 0.5).astype(np.uint8)


def _enlarged(run_side: int, region_side: int, cell: int, sizes: TrainedSizes) -> int:
    """The region's side in whole cells, between the run's side and ``largest_enlargement`` times that."""
    return min(max(region_side // cell * cell, run_side), run_side * sizes.largest_enlargement)
