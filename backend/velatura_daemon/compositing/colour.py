"""Undoing the colour shift of a model, measured where it had nothing to paint."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longest side in pixels at which colours are compared. Fine detail is left out: a decoder that softens it has not
#: changed the contrast of the picture, and must not be answered with more contrast.
_COMPARED_SIDE = 128
#: Pixels at that size that must be held; fewer tell nothing.
_FEWEST_PIXELS = 16
#: Deviation in CIE L*a*b* units that is added to both: contrast in flat surroundings is noise, not evidence.
_FLAT_DEVIATION = 2.0
#: Colours within this many deviations of the mean are taken as compared.
_COMPARED_DEVIATIONS = 2.0
#: The contrast is never changed by more than this factor.
_LARGEST_GAIN = 1.25
#: Shifts below this (L*a*b* units) cannot be seen, so the picture is left alone.
_VISIBLE_SHIFT = 0.2


@dataclass(frozen=True)
class ColourShift:
    """What undoes a shift in L*, a*, b*, each (3,) float32: ``offset`` is added, contrast is multiplied by ``gain``.

    ``mean`` is the colour around which contrast is changed. Beyond ``reach`` from it nothing was compared, so there
    the change grows no further: the vivid red of an object must not follow from the greens around it.
    """

    mean: NDArray[np.float32]
    reach: NDArray[np.float32]
    gain: NDArray[np.float32]
    offset: NDArray[np.float32]

    def undone(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(h, w, 3) uint8 sRGB to the same without the shift."""
        values = cv2.cvtColor(_unit(rgb), cv2.COLOR_RGB2Lab)
        change = np.clip(values, self.mean - self.reach, self.mean + self.reach)
        change -= self.mean
        change *= self.gain - 1
        change += self.offset
        values += change
        values = cv2.cvtColor(values, cv2.COLOR_Lab2RGB)
        saturated = cv2.convertScaleAbs(np.maximum(values, 0, out=values), alpha=255)  # rounds, too
        return np.asarray(saturated, np.uint8)


def measure_shift(
    *, generated: NDArray[np.uint8], reference: NDArray[np.uint8], is_held: NDArray[np.bool_]
) -> ColourShift | None:
    """How to bring the colours of ``generated`` to those of ``reference``; None when they agree or nobody can tell.

    Both are (h, w, 3) uint8 sRGB of the same size. Mean and deviation (Reinhard et al. 2001, here in L*a*b*) are
    taken over the held pixels, (h, w) bool, alone: there the model kept the paint, so a difference is its own.
    """
    height, width = is_held.shape
    scale = min(1.0, _COMPARED_SIDE / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    weights = cv2.resize(is_held.astype(np.float32), small, interpolation=cv2.INTER_AREA).reshape(small[::-1])
    counted = weights > 0.999  # a pixel that is reduced from held and other ones is neither
    if np.count_nonzero(counted) < _FEWEST_PIXELS:
        return None
    mean, deviation = _statistics(generated, small, counted)
    wanted_mean, wanted_deviation = _statistics(reference, small, counted)
    gain = (wanted_deviation + _FLAT_DEVIATION) / (deviation + _FLAT_DEVIATION)
    gain = np.clip(gain, 1 / _LARGEST_GAIN, _LARGEST_GAIN).astype(np.float32)
    offset = wanted_mean - mean
    if np.max(np.abs(offset) + np.abs(gain - 1) * deviation) < _VISIBLE_SHIFT:
        return None
    return ColourShift(mean=mean, reach=_COMPARED_DEVIATIONS * deviation, gain=gain, offset=offset)


def _statistics(
    rgb: NDArray[np.uint8], small: tuple[int, int], counted: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of L*, a*, b* over the counted pixels of the picture reduced to ``small``."""
    reduced = np.asarray(cv2.resize(rgb, small, interpolation=cv2.INTER_AREA), np.uint8)
    lab = cv2.cvtColor(_unit(reduced), cv2.COLOR_RGB2Lab)[counted]
    return lab.mean(axis=0), lab.std(axis=0)


def _unit(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """0..255 to 0..1, as OpenCV wants it for floats."""
    values = rgb.astype(np.float32)
    values *= np.float32(1 / 255)
    return values
