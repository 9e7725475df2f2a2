"""What stands in the masked area before denoising starts."""

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_protocol.errors import VelaturaError

from .masks import LATENT_CELL
from .smearing import NEUTRAL_GREY, mixed, smeared

#: Document pixels beside the mask whose colours are not smeared inwards: an antialiased outline of what was selected.
_OUTLINE = 2
#: Least standard deviation of the noise filling, in sRGB codes: a flat surrounding must not make a flat filling.
_LEAST_DEVIATION = 40.0


def fill_masked(
    rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], fill: str, paint: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Replace what is masked: (H, W, 3) uint8 sRGB, as ``continued`` makes it, to the same.

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
    result[masked] = mixed(rgb[masked], filling[masked], alpha[masked])
    return result


def _neutral(rgb: NDArray[np.uint8], _alpha: NDArray[np.uint8], _paint: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(np.uint8(NEUTRAL_GREY), rgb.shape)


def _blur(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], paint: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The surroundings smeared inwards, from a little beside the mask."""
    side = 2 * _OUTLINE + 1
    outside = np.asarray(cv2.dilate(alpha, np.ones((side, side), np.uint8))) == 0
    return smeared(rgb, np.where(outside, paint, 0).astype(np.float32) * np.float32(1 / 255))


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


#: The fillings other than ``original``: (picture, alpha, paint) to what stands where alpha is 255.
_FILLINGS = {"blur": _blur, "neutral": _neutral, "noise": _noise}
#: Fillings that continue the paint into a hole (``original`` shows there what ``continued`` makes of it).
CONTINUING = ("original", "blur")
