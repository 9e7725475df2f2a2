"""A picture as its file holds it: numbers, not yet colours, and not yet cut to eight bits."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colour_space import ColourSpace

#: uint8 or uint16 over their full range, or float32 0..1.
Numbers = NDArray[Any]
#: Rows that are worked on at a time where floats are needed: they take much more memory than the picture.
BAND = 256


@dataclass(frozen=True)
class Samples:
    """What a decoder gives.

    Attributes:
        colours: (height, width, 1 or 3), grey or RGB.
        alpha: (height, width) of the same kind, straight; None = opaque.
        inks: (height, width, 4) uint8, cyan, magenta, yellow, black, 255 = all of it: what ``colours`` were made from,
            for a profile that is about inks; None = there are none.
        profile: an ICC profile that ``colours`` have still to be converted by.
        space: the same, where the file names numbers instead of a profile. None with no profile = sRGB.
        orientation: 1..8 as EXIF counts them; 1 = upright.
        bits: of each channel in the file.
        notes: sentences on what could not be read as it is meant.
    """

    colours: Numbers
    alpha: Numbers | None = None
    inks: NDArray[np.uint8] | None = None
    profile: bytes | None = None
    space: ColourSpace | None = None
    orientation: int = 1
    bits: int = 8
    notes: list[str] = field(default_factory=list)


def eight_bit(numbers: Numbers) -> NDArray[np.uint8]:
    """Rounded to the nearest of 256 steps: 65535 and 1.0 are 255, as 0 is 0."""
    if numbers.dtype == np.uint8:
        return numbers
    result = np.empty(numbers.shape, np.uint8)
    for top in range(0, numbers.shape[0], BAND):
        rows = slice(top, top + BAND)
        result[rows] = np.rint(fractions(numbers[rows]) * 255)
    return result


def fractions(numbers: Numbers) -> NDArray[np.float32]:
    """Full range as 0..1, float32; what is above or below is cut, what is no number is 0."""
    if numbers.dtype.kind == "f":
        return np.clip(np.nan_to_num(numbers, nan=0.0, posinf=1.0, neginf=0.0), 0, 1).astype(np.float32)
    return numbers.astype(np.float32) / np.float32(np.iinfo(numbers.dtype).max)
