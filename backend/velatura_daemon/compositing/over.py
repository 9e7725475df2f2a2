"""Laying a patch over a canvas as an editor does ("over", Porter and Duff 1984), in whole numbers."""

import numpy as np
from numpy.typing import NDArray


def composite_over(canvas: NDArray[np.uint8], patch: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """The canvas with the patch's upper left pixel at column ``x`` and row ``y``; what lies outside is cut off.

    Both are (height, width, 4) uint8, straight alpha; the canvas is not changed. Rounded to nearest. Where the
    patch's alpha is 0 the canvas comes back bit for bit: with a = 0 the colour below is
    (2 * c * b * 255 + b * 255) // (2 * b * 255) = c, and a canvas alpha of 0 is left out.
    """
    result = canvas.copy()
    top, left = max(0, y), max(0, x)
    bottom, right = min(canvas.shape[0], y + patch.shape[0]), min(canvas.shape[1], x + patch.shape[1])
    if top >= bottom or left >= right:
        return result
    below = result[top:bottom, left:right]
    above = patch[top - y : bottom - y, left - x : right - x]
    changed = above[..., 3] > 0
    below[changed] = _over(above[changed], below[changed])
    return result


def _over(above: NDArray[np.uint8], below: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(n, 4) pixels over (n, 4) pixels; the alpha above is at least 1."""
    alpha_above = above[:, 3:].astype(np.uint32) * 255
    alpha_below = below[:, 3:].astype(np.uint32) * (255 - above[:, 3:])
    total = alpha_above + alpha_below  # 255 * 255 times the resulting alpha
    colour = (2 * (above[:, :3] * alpha_above + below[:, :3] * alpha_below) + total) // (2 * total)
    return np.concatenate((colour, (total + 127) // 255), axis=1).astype(np.uint8)
