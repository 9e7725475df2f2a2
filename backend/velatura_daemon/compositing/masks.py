"""From the selection to the patch's alpha, and from alpha to the mask that steers denoising."""

from math import isqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from .resample import resize_mask

#: Side in run pixels of the picture cell that one latent stands for, in every Stable Diffusion VAE.
LATENT_CELL = 8
#: Radius in run pixels of the blur on the denoise mask's edge: a hard step between two latents leaves a visible line.
_EDGE_BLUR = 4
#: 8-bit alpha to 8-bit repainting strength: 1 - (1 - alpha)**2.
_STRENGTH_OF_ALPHA = np.round(255 - (255 - np.arange(256)) ** 2 / 255).astype(np.uint8)


def patch_alpha(selection: NDArray[np.uint8], grow: int, feather: int) -> NDArray[np.uint8]:
    """What shows of the result: the selection, dilated by ``grow`` and then feathered by ``feather`` pixels.

    Both are (H, W) uint8, 255 = only the result shows. Nowhere less than the selection, and exactly 0 at every pixel
    that is ``grow + feather`` pixels or more away from it.
    """
    reach = grow + feather
    x, y, width, height = cv2.boundingRect(selection)
    left, top = max(0, x - reach), max(0, y - reach)
    near = (slice(top, y + height + reach), slice(left, x + width + reach))
    alpha = np.zeros_like(selection)
    alpha[near] = feathered(dilated(selection[near], grow), feather)
    return alpha


def dilated(mask: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """The greatest value within ``radius`` pixels (Euclidean) of each pixel: (H, W) uint8 to the same.

    The disc is taken apart into rows, so the cost grows with the radius, not with its square.
    """
    result = mask.copy()
    row_maximum, half_width = mask, 0
    for offset in range(min(radius, mask.shape[0] - 1), -1, -1):
        wanted = isqrt(radius * radius - offset * offset)
        if wanted > half_width:
            row = np.ones((1, 2 * (wanted - half_width) + 1), np.uint8)
            row_maximum, half_width = np.asarray(cv2.dilate(row_maximum, row), np.uint8), wanted
        height = mask.shape[0] - offset
        np.maximum(result[:height], row_maximum[offset:], out=result[:height])
        np.maximum(result[offset:], row_maximum[:height], out=result[offset:])
    return result


def feathered(mask: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """A linear ramp of ``width`` pixels around a mask that may be soft itself: (H, W) uint8 to the same.

    A pixel's alpha is 255 minus its distance to the mask, where ``width`` pixels count 255 and a pixel with the mask
    value m lies 255 - m above the plane (a Euclidean distance in three dimensions). So a hard edge gets a straight
    ramp, a soft one keeps its values, and nothing gets less than it had. Computed as two one-dimensional minima over
    squared distances (Felzenszwalb and Huttenlocher 2012).
    """
    if width == 0:
        return mask
    squared = (255 - mask.astype(np.uint16)) ** 2
    squared = _parabolic_minimum(_parabolic_minimum(squared, width).T, width).T
    distance = np.sqrt(squared.astype(np.float32))
    return np.clip(np.float32(255.5) - distance, 0, 255).astype(np.uint8)


def _parabolic_minimum(squared: NDArray[np.uint16], width: int) -> NDArray[np.uint16]:
    """min over i of ``squared`` shifted by i rows, plus (255 * i / width) ** 2, saturated; |i| <= ``width``."""
    source = np.ascontiguousarray(squared)
    result, raised = source.copy(), np.empty_like(source)
    for offset in range(1, min(width, source.shape[0] - 1) + 1):
        added = np.uint16(round((255 * offset / width) ** 2))
        np.minimum(source, 65535 - added, out=raised)
        raised += added
        length = source.shape[0] - offset
        np.minimum(result[:length], raised[offset:], out=result[:length])
        np.minimum(result[offset:], raised[:length], out=result[offset:])
    return result


def denoise_mask_of(alpha: NDArray[np.uint8], run_width: int, run_height: int) -> NDArray[np.float32]:
    """How much each run pixel is repainted: (H, W) uint8 alpha to (run_height, run_width) float32, 0 = keep .. 1.

    Alpha alone decides what shows; this decides what the model may change. So it is wider: every latent that reaches
    under a visible pixel may change, which leaves beside the edge a ring that is repainted but not shown, where seam
    correction compares result and canvas. And it is stronger, ``1 - (1 - alpha)**2``: where alpha is low, content
    stays near the canvas (no double exposure), but a half-selected pixel does not get half of half a change.
    """
    height, width = alpha.shape
    widened = alpha
    if (height, width) != (run_height, run_width):
        # resampling must not average a thin stroke away: widened until it fills the run pixels that it lies in
        reach = (2 * -(-height // run_height) + 1, 2 * -(-width // run_width) + 1)
        widened = resize_mask(np.asarray(cv2.dilate(alpha, np.ones(reach, np.uint8)), np.uint8), run_width, run_height)
    repainted = cv2.LUT(widened, _STRENGTH_OF_ALPHA)
    side = 2 * (LATENT_CELL - 1 + _EDGE_BLUR) + 1
    wider = cv2.dilate(repainted, np.ones((side, side), np.uint8))
    blurred = cv2.blur(wider, (2 * _EDGE_BLUR + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32) * np.float32(1 / 255)
