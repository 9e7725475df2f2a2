"""What each task makes of a request before the model runs, and of the model's picture after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.compositing.inpaint import compose_patch, prepare_inpaint
from velatura_daemon.compositing.resample import resize_rgb, to_mask8, to_rgba8
from velatura_daemon.compositing.transparency.ground import put_on_ground, take_off_ground
from velatura_daemon.engine_contract import MadePatch
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef
from velatura_protocol.request import GenerationRequest

Rgb = NDArray[np.uint8]

#: Tasks whose denoising begins from the canvas, ``strength`` deciding how much of it is left.
STARTING_FROM_CANVAS = ("img2img", "inpaint")


@dataclass(frozen=True)
class RunSize:
    """Pixels that the model runs at."""

    width: int
    height: int


@dataclass(frozen=True)
class TaskInputs:
    """What the model is given.

    Attributes:
        image: (h, w, 3) uint8 sRGB at run size, what denoising starts from; None = from noise alone.
        change: (h, w) float32 at run size, 0 = keep .. 1 = repaint; None = everything.
        alpha: (H, W) uint8, the region's pixels: how the patch will lie over the document; None = opaque.
        finish: makes the patch of a picture (h, w, 3) uint8 sRGB at run size and its seed.
        notes: sentences for the report.
    """

    image: Rgb | None
    change: NDArray[np.float32] | None
    alpha: NDArray[np.uint8] | None
    finish: Callable[[Rgb, int], MadePatch]
    notes: tuple[str, ...] = ()


def prepare_task(request: GenerationRequest, blobs: Sequence[memoryview], size: RunSize) -> TaskInputs:
    """Raises ``VelaturaError``: ``unknown_task``, ``invalid_value``, ``empty_selection``."""
    if request.task not in _PREPARE:
        raise VelaturaError("unknown_task", f"There is no task {request.task[:64]!r}. Choose one of the list.")
    return _PREPARE[request.task](request, blobs, size)


def read_rgba(image: ImageRef | None, blobs: Sequence[memoryview], name: str) -> NDArray[np.uint8]:
    """(height, width, 4) uint8 sRGB. Raises ``VelaturaError`` ``invalid_value`` when the image is missing."""
    if image is None:
        raise VelaturaError("invalid_value", f"The {name} is missing from the request. Send the pixels of the region.")
    return to_rgba8(blobs[image.blob], image)


def _prepare_text_to_image(request: GenerationRequest, _blobs: Sequence[memoryview], _size: RunSize) -> TaskInputs:
    def finish(rgb: Rgb, seed: int) -> MadePatch:
        covering = resize_rgb(rgb, request.region.width, request.region.height)
        return MadePatch(_opaque(covering), request.region.x, request.region.y, seed)

    return TaskInputs(image=None, change=None, alpha=None, finish=finish)


def _prepare_image_to_image(request: GenerationRequest, blobs: Sequence[memoryview], size: RunSize) -> TaskInputs:
    canvas = read_rgba(request.canvas, blobs, "canvas")
    grounded = put_on_ground(canvas)
    is_empty = not grounded.alpha.any()

    def finish(rgb: Rgb, seed: int) -> MadePatch:
        covering = resize_rgb(rgb, request.region.width, request.region.height)
        rgba = _opaque(covering) if is_empty else take_off_ground(covering, grounded)
        return MadePatch(rgba, request.region.x, request.region.y, seed)

    return TaskInputs(
        image=resize_rgb(grounded.rgb, size.width, size.height),
        change=None,
        alpha=None if is_empty else grounded.alpha,
        finish=finish,
        notes=("The layer is empty here, so the result is opaque.",) if is_empty else (),
    )


def _prepare_inpaint(request: GenerationRequest, blobs: Sequence[memoryview], size: RunSize) -> TaskInputs:
    canvas = read_rgba(request.canvas, blobs, "canvas")
    if request.mask is None:
        raise VelaturaError("invalid_value", "The mask is missing from the request. Select what to repaint.")
    inputs = prepare_inpaint(
        canvas=canvas,
        mask=to_mask8(blobs[request.mask.blob], request.mask),
        settings=request.inpaint,
        run_width=size.width,
        run_height=size.height,
    )

    def finish(rgb: Rgb, seed: int) -> MadePatch:
        rgba, x, y = compose_patch(generated=rgb, canvas=canvas, inputs=inputs, settings=request.inpaint)
        return MadePatch(rgba, request.region.x + x, request.region.y + y, seed)

    return TaskInputs(image=inputs.image, change=inputs.denoise_mask, alpha=inputs.alpha, finish=finish)


def _opaque(rgb: Rgb) -> NDArray[np.uint8]:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


_PREPARE: dict[str, Callable[[GenerationRequest, Sequence[memoryview], RunSize], TaskInputs]] = {
    "txt2img": _prepare_text_to_image,
    "img2img": _prepare_image_to_image,
    "inpaint": _prepare_inpaint,
}
