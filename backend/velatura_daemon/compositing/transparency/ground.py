"""Painted layers have holes, models know none: puts a ground under the paint, and takes it away again.

The ground is white, like the paper of the pictures that models were trained on, or black where the paint itself is so
light that it would vanish on white. A mean colour would hide the silhouette, and a checkerboard would be painted on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Mean luma of the paint, 0..255, from which on the ground is black.
LIGHT_PAINT = 192
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Grounded:
    """``rgb``: (H, W, 3) uint8 sRGB, the paint on its ground. ``alpha``: (H, W) uint8. ``ground``: 0 or 255."""

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    ground: int


def put_on_ground(rgba: NDArray[np.uint8]) -> Grounded:
    """``rgba``: (H, W, 4) uint8 sRGB, straight alpha. Opaque pictures are passed through."""
    colour, alpha = rgba[..., :3], rgba[..., 3]
    if int(alpha.min()) == 255:
        return Grounded(np.ascontiguousarray(colour), alpha, 255)
    cover = alpha[..., None].astype(np.float32) / 255
    weight = float(cover.sum())
    luma = float((colour * cover).sum((0, 1)) @ _LUMA) / weight if weight else 0.0
    ground = 0 if luma >= LIGHT_PAINT else 255
    mixed = colour * cover + ground * (1 - cover)
    return Grounded((mixed + 0.5).astype(np.uint8), alpha, ground)


def take_off_ground(rgb: NDArray[np.uint8], grounded: Grounded) -> NDArray[np.uint8]:
    """The inverse for a repainted picture, (H, W, 3) to (H, W, 4) with the layer's own alpha.

    The ground's share is taken out of half-transparent pixels, else a layer would come back with a pale fringe.
    """
    result = np.empty((*rgb.shape[:2], 4), np.uint8)
    result[..., :3] = rgb
    result[..., 3] = grounded.alpha
    rows, columns = np.nonzero(grounded.alpha < 255)
    cover = np.maximum(grounded.alpha[rows, columns, None], 1).astype(np.float32) / 255
    paint = (rgb[rows, columns] - grounded.ground * (1 - cover)) / cover
    result[rows, columns, :3] = np.where(grounded.alpha[rows, columns, None] > 0, (paint + 0.5).clip(0, 255), 0)
    return result
