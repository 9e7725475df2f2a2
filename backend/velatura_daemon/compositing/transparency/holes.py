"""Continuing a picture into where it is transparent: the paint at the edge leads, and what is new grows out of it.

A model that may change everything right up to the edge of the paint begins something of its own there, which the edge
then cuts off. So beside a hole the paint is not repainted at all, and in the hole the smeared colours of the paint are
held until late, the later the nearer (by differential denoising).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.compositing.masks import LATENT_CELL, denoise_mask_of
from velatura_daemon.compositing.resample import resize_mask

#: How much is repainted right at the edge of the paint, 0..1: enough to give the smeared colours a texture.
_LEAST_CHANGE = 0.1
#: Run pixels from the edge of the paint to where everything is repainted.
_RAMP = 3 * LATENT_CELL
#: Selected paint this near to a hole, in run pixels, is the selection's overlap and no wish to repaint it.
_OVERLAP = LATENT_CELL
_HALF = 128


def denoise_mask_with_holes(
    alpha: NDArray[np.uint8], canvas_alpha: NDArray[np.uint8], run_width: int, run_height: int
) -> NDArray[np.float32]:
    """As ``denoise_mask_of``, from a canvas that may have holes.

    Args:
        alpha: (H, W) uint8, the patch's alpha. canvas_alpha: (H, W) uint8, 0 = a hole.

    Returns:
        (run_height, run_width) float32, 0 = keep .. 1 = repaint.
    """
    mask = denoise_mask_of(alpha, run_width, run_height)
    if not np.any((canvas_alpha == 0) & (alpha > 0)):
        return mask
    hole = _reduced(canvas_alpha == 0, run_width, run_height)
    side = 2 * _OVERLAP + 1
    beside = cv2.resize(
        cv2.dilate(hole, np.ones((side, side), np.uint8)), alpha.shape[::-1], interpolation=cv2.INTER_NEAREST
    )
    of_paint = denoise_mask_of(np.where(beside.reshape(alpha.shape) > 0, np.uint8(0), alpha), run_width, run_height)
    kept = _reduced((canvas_alpha == 255) & (alpha == 0), run_width, run_height)
    distance = cv2.distanceTransform(1 - kept, cv2.DIST_L2, cv2.DIST_MASK_5)
    led = np.minimum(_LEAST_CHANGE + (1 - _LEAST_CHANGE) / _RAMP * distance, 1) * (1 - kept)
    return np.maximum(of_paint, mask * led.astype(np.float32))


def _reduced(where: NDArray[np.bool_], run_width: int, run_height: int) -> NDArray[np.uint8]:
    """(run_height, run_width) uint8: 1 where at least half of the pixels are."""
    share = resize_mask(np.where(where, np.uint8(255), np.uint8(0)), run_width, run_height)
    return (share >= _HALF).astype(np.uint8)
