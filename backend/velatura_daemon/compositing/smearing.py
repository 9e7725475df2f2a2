"""Known colours smeared over where none are known, and mixed in softly."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .pyramid import interpolate

#: sRGB code of mid grey: what is there when nothing is known.
NEUTRAL_GREY = 128
#: Longest side in pixels at which smooth fillings are computed; they have no finer detail.
_SMOOTH_SIDE = 256


def smeared(rgb: NDArray[np.uint8], known: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The known colours smeared over the unknown, (H, W, 3) uint8; ``known`` is (H, W) float32, 0..1."""
    height, width = known.shape
    scale = min(1.0, _SMOOTH_SIDE / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    # colours times weights are averaged, so that no unknown colour leaks into a reduced pixel
    weighted = cv2.multiply(rgb, cv2.merge((known, known, known)), dtype=cv2.CV_32F)
    weighted = cv2.resize(weighted, small, interpolation=cv2.INTER_AREA).reshape(small[1], small[0], 3)
    weights = cv2.resize(known, small, interpolation=cv2.INTER_AREA)
    if not weights.any():
        return np.full((height, width, 3), NEUTRAL_GREY, np.uint8)
    colours = weighted / np.maximum(weights, np.float32(1e-6))[..., None]
    smooth = interpolate(np.asarray(colours, np.float32), np.asarray(weights, np.float32))
    enlarged = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.convertScaleAbs(enlarged), np.uint8)  # rounds and saturates


def mixed(rgb: NDArray[np.uint8], other: NDArray[np.uint8], share: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``rgb`` where ``share`` (H, W) is 0, ``other`` where it is 255; (H, W, 3) uint8, rounded to nearest."""
    weight = share.astype(np.uint16)[..., None]
    total = rgb * (255 - weight)
    total += other * weight
    total += 128
    total += total >> 8
    total >>= 8
    return total.astype(np.uint8)
