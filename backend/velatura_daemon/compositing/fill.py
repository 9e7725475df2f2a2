"""What the model sees where the canvas is transparent, and what stands in the masked area before denoising starts."""

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_protocol.errors import VelaturaError

from .masks import LATENT_CELL
from .pyramid import interpolate

#: sRGB code of mid grey: what is there when nothing is known.
NEUTRAL_GREY = 128
#: Document pixels beside the mask whose colours are not smeared inwards: an antialiased outline of what was selected.
_OUTLINE = 2
#: Longest side in pixels at which smooth fillings are computed; they have no finer detail.
_SMOOTH_SIDE = 256
#: Least standard deviation of the noise filling, in sRGB codes: a flat surrounding must not make a flat filling.
_LEAST_DEVIATION = 40.0


def flatten(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) uint8 sRGB with straight alpha to opaque (H, W, 3).

    Transparent parts take the colours of the paint around them, because any colour of paper would be painted on by
    the model; mid grey when there is no paint at all.
    """
    rgb, alpha = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8), rgba[..., 3]
    if alpha.min() == 255:
        return rgb
    return _mixed(rgb, _smeared(rgb, np.asarray(alpha, np.float32) * np.float32(1 / 255)), 255 - alpha)


def fill_masked(
    rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], fill: str, paint: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Replace what is masked: (H, W, 3) uint8 sRGB, as ``flatten`` makes it, to the same.

    Soft masks mix. The filling is decided by the paint that is not masked and by the mask's shape alone.

    Args:
        alpha: (H, W) uint8, 255 = masked. paint: (H, W) uint8, the canvas' alpha: 0 = there is none.

    Raises:
        VelaturaError: ``invalid_value`` for a ``fill`` that ``InpaintSettings.fill`` does not name.
    """
    if fill == "original":
        return rgb
    if fill not in _FILLINGS:
        raise VelaturaError("invalid_value", f"inpaint.fill is {fill[:40]!r}; use original, {', '.join(_FILLINGS)}.")
    filling = _FILLINGS[fill](rgb, alpha, paint)
    x, y, width, height = cv2.boundingRect(alpha)
    masked = (slice(y, y + height), slice(x, x + width))
    result = rgb.copy()
    result[masked] = _mixed(rgb[masked], filling[masked], alpha[masked])
    return result


def _neutral(rgb: NDArray[np.uint8], _alpha: NDArray[np.uint8], _paint: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(np.uint8(NEUTRAL_GREY), rgb.shape)


def _blur(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], paint: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The surroundings smeared inwards, from a little beside the mask."""
    side = 2 * _OUTLINE + 1
    outside = np.asarray(cv2.dilate(alpha, np.ones((side, side), np.uint8))) == 0
    return _smeared(rgb, np.where(outside, paint, 0).astype(np.float32) * np.float32(1 / 255))


def _smeared(rgb: NDArray[np.uint8], known: NDArray[np.float32]) -> NDArray[np.uint8]:
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


def _noise(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], paint: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour noise with the mean and deviation of the surroundings, in grains of a latent cell (finer ones average
    out in the encoder). Seeded by the mask, so that the same request gives the same picture.
    """
    height, width = alpha.shape
    surroundings = ((alpha == 0) & (paint == 255)).astype(np.uint8)
    mean, deviation = cv2.meanStdDev(rgb, mask=surroundings)
    if not surroundings.any():
        mean = np.full((3, 1), NEUTRAL_GREY)
    generator = np.random.default_rng(zlib.crc32(alpha.tobytes()))
    grid = (-(-height // LATENT_CELL), -(-width // LATENT_CELL), 3)
    grains = np.clip(generator.normal(mean[:, 0], np.maximum(deviation[:, 0], _LEAST_DEVIATION), grid), 0, 255)
    size = (grid[1] * LATENT_CELL, grid[0] * LATENT_CELL)
    enlarged = cv2.resize(grains.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(enlarged, np.uint8)[:height, :width]


def _mixed(rgb: NDArray[np.uint8], other: NDArray[np.uint8], share: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``rgb`` where ``share`` (H, W) is 0, ``other`` where it is 255; (H, W, 3) uint8, rounded to nearest."""
    weight = share.astype(np.uint16)[..., None]
    total = rgb * (255 - weight)
    total += other * weight
    total += 128
    total += total >> 8
    total >>= 8
    return total.astype(np.uint8)


#: The fillings other than ``original``: (picture, alpha, paint) to what stands where alpha is 255.
_FILLINGS = {"blur": _blur, "neutral": _neutral, "noise": _noise}
#: Fillings that continue the paint into a hole (``original`` shows there what ``flatten`` makes of it).
CONTINUING = ("original", "blur")
