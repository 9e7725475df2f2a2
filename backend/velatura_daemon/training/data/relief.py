"""The shape of one thing as depth: a rounded body, with the forms that its shading shows."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

ByteArray = NDArray[np.uint8]
FloatArray = NDArray[np.floating[Any]]

#: A pixel belongs to the thing from this alpha on, of 255.
OPAQUE = 128
#: From the silhouette inwards the body rises over this share of its side, then it is level.
ROUNDING = 0.25
#: How much of the relief is roundness; the rest is shading, light being near.
ROUND_SHARE = 0.5
#: Percentiles of a thing's own luminance that count as its darkest and lightest.
SHADING_RANGE = (2, 98)
#: Shading is blurred by this share of the side, so that forms stay and outlines in the artwork go.
SHADING_BLUR = 0.02


def silhouette(sprite: ByteArray) -> NDArray[np.bool_]:
    """(height, width), True where the RGBA sprite hides what is behind it."""
    return sprite[..., 3] >= OPAQUE


def relief(sprite: ByteArray) -> FloatArray:
    """(height, width), 0..1, 1 = nearest, of the RGBA sprite; 0 outside its silhouette."""
    inside = silhouette(sprite)
    if not inside.any():
        return np.zeros(inside.shape, np.float32)
    return (ROUND_SHARE * _roundness(inside) + (1 - ROUND_SHARE) * _shading(sprite, inside)) * inside


def _roundness(inside: NDArray[np.bool_]) -> FloatArray:
    # a border of one pixel, so that a sprite that touches its edge is round there too
    distance = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    inwards = np.clip(distance / (ROUNDING * max(inside.shape)), 0, 1)
    return np.sqrt(1 - (1 - inwards) ** 2).astype(np.float32)


def _shading(sprite: ByteArray, inside: NDArray[np.bool_]) -> FloatArray:
    luminance = cv2.cvtColor(np.ascontiguousarray(sprite[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32)
    forms = cv2.GaussianBlur(luminance, (0, 0), max(SHADING_BLUR * max(inside.shape), 0.5))
    darkest, lightest = np.percentile(forms[inside], SHADING_RANGE)
    return np.clip((forms - darkest) / max(lightest - darkest, 1.0), 0, 1).astype(np.float32)
