"""Colour spaces that a file names by numbers, and the way from them to sRGB."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
#: x and y of white, red, green and blue (CIE 1931).
Chromaticities = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

SRGB_PRIMARIES: Chromaticities = ((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
#: What eight bits can show of a difference between primaries.
_SAME_PRIMARIES = 0.0015
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True)
class ColourSpace:
    """How numbers become light.

    Attributes:
        gamma: light is the number to this power; 1 = the numbers are light; None = the curve of sRGB.
        matrix: (3, 3) from this space's linear red, green, blue to those of sRGB; None = the same primaries.
    """

    gamma: float | None
    matrix: NDArray[np.float32] | None = None

    def __str__(self) -> str:
        encoding = "the curve of sRGB" if self.gamma is None else f"gamma {1 / self.gamma:.3g}"
        return encoding if self.matrix is None else f"{encoding} and primaries of its own"


def to_srgb(colours: Floats, space: ColourSpace) -> NDArray[np.float32]:
    """(height, width, 1 or 3) float 0..1 of ``space`` as sRGB, 0..1."""
    light = srgb_light(colours) if space.gamma is None else np.power(colours, np.float32(space.gamma))
    if space.matrix is not None and colours.shape[-1] == 3:
        light = np.clip(light @ space.matrix.T, 0, 1)
    return srgb_numbers(light)


def srgb_light(numbers: Floats) -> NDArray[np.float32]:
    """Light 0..1 of sRGB numbers 0..1 (IEC 61966-2-1)."""
    bent = np.power((numbers + 0.055) / 1.055, 2.4)
    return np.where(numbers <= 0.04045, numbers / 12.92, bent).astype(np.float32)


def srgb_numbers(light: Floats) -> NDArray[np.float32]:
    """The inverse of ``srgb_light``."""
    bent = 1.055 * np.power(np.maximum(light, 0), 1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, bent).astype(np.float32)


def matrix_to_srgb(primaries: Chromaticities) -> NDArray[np.float32] | None:
    """Linear RGB of these primaries to linear sRGB, white to white; None where they are sRGB's.

    Raises:
        ValueError: no colours have such primaries.
    """
    if np.abs(np.array(primaries) - SRGB_PRIMARIES).max() < _SAME_PRIMARIES:
        return None
    here, there = _to_xyz(primaries), _to_xyz(SRGB_PRIMARIES)
    white, srgb_white = _BRADFORD @ here.sum(axis=1), _BRADFORD @ there.sum(axis=1)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(srgb_white / white) @ _BRADFORD
    matrix = np.linalg.inv(there) @ adapted @ here
    if not np.isfinite(matrix).all():
        raise ValueError("primaries on one line")
    return matrix.astype(np.float32)


def _to_xyz(primaries: Chromaticities) -> NDArray[np.float64]:
    """Columns: X, Y, Z of full red, green and blue, so that together they make white with Y = 1."""
    columns = np.array([_xyz(x, y) for x, y in primaries]).T
    white, colours = columns[:, 0], columns[:, 1:]
    try:
        return colours * np.linalg.solve(colours, white)
    except np.linalg.LinAlgError:
        raise ValueError("primaries on one line") from None


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    if not y > 0:
        raise ValueError("a primary without light")
    return x / y, 1.0, (1 - x - y) / y
