"""Selection inpainting around the model: what it paints on and where, and its picture as a patch of the document."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import InpaintSettings

from .colour import measure_shift
from .fill import CONTINUING, fill_masked
from .masks import LATENT_CELL, denoise_mask_of, patch_alpha
from .resample import resize_mask, resize_rgb
from .seam import correct_seam
from .transparency.continuing import continued
from .transparency.holes import denoise_mask_with_holes


@dataclass(frozen=True)
class InpaintInputs:
    """What ``prepare_inpaint`` makes.

    Attributes:
        image: (h, w, 3) uint8 sRGB at run size, pre-filled.
        denoise_mask: (h, w) float32 at run size, 0 = keep .. 1 = repaint.
        is_held: (h, w) bool at run size: opaque paint that is kept, where a difference is the model's own.
        alpha: (H, W) uint8 in document pixels of the region: the patch's alpha.
    """

    image: NDArray[np.uint8]
    denoise_mask: NDArray[np.float32]
    is_held: NDArray[np.bool_]
    alpha: NDArray[np.uint8]


def prepare_inpaint(
    *,
    canvas: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    settings: InpaintSettings,
    run_width: int,
    run_height: int,
) -> InpaintInputs:
    """Make the model's inputs from a region.

    Args:
        canvas: (H, W, 4) uint8 sRGB, straight alpha. mask: (H, W) uint8, 255 = repaint.

    Raises:
        VelaturaError: ``empty_selection`` when the mask is 0 everywhere.
    """
    if not mask.any():
        raise VelaturaError("empty_selection", "Nothing is selected. Select the part of the picture to repaint.")
    alpha = patch_alpha(mask, settings.grow, settings.feather)
    paint = canvas[..., 3]
    image = fill_masked(continued(canvas), alpha, settings.fill, paint)
    if settings.fill in CONTINUING:
        denoise_mask = denoise_mask_with_holes(alpha, paint, run_width, run_height)
    else:
        denoise_mask = denoise_mask_of(alpha, run_width, run_height)
    return InpaintInputs(
        image=resize_rgb(image, run_width, run_height),
        denoise_mask=denoise_mask,
        is_held=(denoise_mask == 0) & (resize_mask(paint, run_width, run_height) == 255),
        alpha=alpha,
    )


def compose_patch(
    *,
    generated: NDArray[np.uint8],
    canvas: NDArray[np.uint8],
    inputs: InpaintInputs,
    settings: InpaintSettings,
) -> tuple[NDArray[np.uint8], int, int]:
    """The patch for the document, cropped to where it shows, and its (x, y) in pixels relative to the region.

    Args:
        generated: (h, w, 3) uint8 sRGB at run size. canvas: the region as given to ``prepare_inpaint``.

    Returns:
        (H', W', 4) uint8 sRGB, straight alpha, and its offset. Colour is 0 where alpha is 0, so that nothing of the
        picture travels that was not asked for.
    """
    height, width = inputs.alpha.shape
    run_height, run_width = generated.shape[:2]
    # beside the edge the model repaints this many document pixels that do not show (see ``denoise_mask_of``)
    ring_width = max(1, round((LATENT_CELL - 1) * (width * height / (run_width * run_height)) ** 0.5))
    x, y, patch_width, patch_height = cv2.boundingRect(inputs.alpha)
    left, top = max(0, x - ring_width), max(0, y - ring_width)
    near = (slice(top, y + patch_height + ring_width), slice(left, x + patch_width + ring_width))

    painted = resize_rgb(generated, width, height)[near]
    if settings.match_colours:
        shift = measure_shift(generated=generated, reference=inputs.image, is_held=inputs.is_held)
        painted = painted if shift is None else shift.undone(painted)
    if settings.correct_seam:
        painted = correct_seam(painted=painted, canvas=canvas[near], alpha=inputs.alpha[near], ring_width=ring_width)

    shown = (slice(y - top, y - top + patch_height), slice(x - left, x - left + patch_width))
    alpha = inputs.alpha[near][shown]
    patch = np.dstack((painted[shown], alpha))
    patch[alpha == 0] = 0
    return patch, x, y
