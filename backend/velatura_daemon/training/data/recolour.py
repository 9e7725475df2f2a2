"""Gives a sprite another colour: its dominant hue is turned, shading and everything of another hue stay.

Colours are hue, saturation, value, each 0..1, in float arrays (height, width).
"""

import colorsys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .recipe import Rgb

FloatArray = NDArray[np.floating[Any]]
ByteArray = NDArray[np.uint8]

#: Less saturated pixels have no hue worth the name.
SATURATED = 0.25
#: A sprite whose saturated weight is a smaller part of its area counts as grey.
COLOURED_SHARE = 0.10
HUE_BINS = 36
#: Hues this near to the dominant one turn entirely, those one ramp further not at all.
TURNED_HUES = 0.10
TURN_RAMP = 0.04
#: How much of the spread of hues around the dominant one is kept.
KEPT_SPREAD = 0.4
#: Saturation that the palette's saturations are measured against: that of most artwork.
USUAL_SATURATION = 0.75
#: A grey sprite gets this saturation in its middle tones, falling towards black and white.
TINT_SATURATION = 0.62
TINT_MIDDLE = 0.55
TINT_FALL = 1.1


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Factors on saturation and value that make a hue look like its name."""

    saturation: float = 1.0
    value: float = 1.0


CORRECTIONS = {"pink": Correction(saturation=0.6, value=1.08), "yellow": Correction(value=1.12)}


def dominant_hue(sprite: ByteArray) -> float | None:
    """The hue 0..1 that most of the colour of an RGBA sprite (height, width, 4) lies around; None for a grey one."""
    pixels = sprite.astype(np.float32) / 255
    hue, saturation, value = _to_hsv(pixels[..., :3])
    weight = pixels[..., 3] * saturation * value * (saturation > SATURATED)
    if weight.sum() < COLOURED_SHARE * pixels[..., 3].sum():
        return None
    histogram = np.histogram(hue, HUE_BINS, (0, 1), weights=weight)[0]
    around = np.convolve(np.r_[histogram[-2:], histogram, histogram[:2]], np.ones(5), "valid")
    return (int(around.argmax()) + 0.5) / HUE_BINS


def recolour(sprite: ByteArray, name: str, rgb: Rgb) -> ByteArray:
    """The RGBA sprite in the colour ``rgb``, 0..255, whose name decides small corrections."""
    pixels = sprite.astype(np.float32) / 255
    hue, saturation, value = _to_hsv(pixels[..., :3])
    target_hue, target_saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    own_hue = dominant_hue(sprite)
    if own_hue is None:
        turned = np.ones_like(hue)
        new_hue = np.full_like(hue, target_hue)
        tint = TINT_SATURATION * np.clip(1 - np.abs(value - TINT_MIDDLE) * TINT_FALL, 0, 1)
        new_saturation = np.maximum(saturation, tint)
    else:
        from_own = (hue - own_hue + 0.5) % 1 - 0.5
        turned = np.clip((TURNED_HUES + TURN_RAMP - np.abs(from_own)) / TURN_RAMP, 0, 1)
        new_hue = (target_hue + from_own * KEPT_SPREAD) % 1
        new_saturation = np.clip(saturation * (target_saturation / USUAL_SATURATION) ** 0.5, 0, 1)
        correction = CORRECTIONS.get(name, Correction())
        new_saturation = new_saturation * correction.saturation
        value = np.clip(value * correction.value, 0, 1)
    new = _to_rgb(new_hue, new_saturation, value)
    mixed = new * turned[..., None] + pixels[..., :3] * (1 - turned[..., None])
    return np.dstack([np.clip(mixed, 0, 1) * 255, sprite[..., 3]]).astype(np.uint8)


def _to_hsv(rgb: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    value, least = rgb.max(-1), rgb.min(-1)
    spread = value - least
    coloured = spread > 1e-6
    divisor = np.where(coloured, spread, 1)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    sixths = np.where(
        value == red,
        ((green - blue) / divisor) % 6,
        np.where(value == green, (blue - red) / divisor + 2, (red - green) / divisor + 4),
    )
    saturation = np.where(value > 0, spread / np.where(value > 0, value, 1), 0)
    return sixths / 6 * coloured, saturation, value


def _to_rgb(hue: FloatArray, saturation: FloatArray, value: FloatArray) -> FloatArray:
    sixth = np.floor(hue * 6)
    within = hue * 6 - sixth
    low = value * (1 - saturation)
    falling = value * (1 - saturation * within)
    rising = value * (1 - saturation * (1 - within))
    sixth = sixth.astype(int) % 6
    red = np.choose(sixth, [value, falling, low, low, rising, value])
    green = np.choose(sixth, [rising, value, value, falling, low, low])
    blue = np.choose(sixth, [low, low, rising, value, value, falling])
    return np.stack([red, green, blue], -1)
