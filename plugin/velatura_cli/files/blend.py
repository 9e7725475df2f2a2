"""The composite operations of OpenRaster, after W3C "Compositing and Blending Level 1".

Works on float32 (height, width, 3) colours 0..1 with straight alpha (height, width, 1) 0..1.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .picture import Rgba

Floats = NDArray[np.floating[Any]]
#: The plain way of laying a layer on what is below; W3C calls it source-over.
NORMAL = "svg:src-over"
#: Operations that leave nothing of the backdrop where the source is not.
CLEARING = ("svg:dst-in", "svg:dst-atop")
#: Other names of the same: of Krita where SVG has none (``krita:`` and its own id), and of older programs.
_ALIASES = {
    "svg:add": "svg:plus",
    "krita:add": "svg:plus",
    "krita:linear_dodge": "svg:plus",
    "color-dodge": "svg:color-dodge",
    "difference": "svg:difference",
    "krita:exclusion": "svg:exclusion",
    "krita:erase": "svg:dst-out",
    "krita:normal": NORMAL,
}

#: Rows that are worked on at a time: floats take much more memory than the picture.
_BAND = 256
_SMALL = np.float32(1e-6)
_LUMINOSITY = np.array([0.3, 0.59, 0.11], np.float32)


def composite(backdrop: Rgba, source: Rgba, operation: str = NORMAL, opacity: float = 1.0) -> Rgba:
    """``source`` over ``backdrop``, both of one size. An operation that is not known counts as ``svg:src-over``.

    With ``svg:src-over``, pixels where ``source`` is transparent are those of ``backdrop``, bit for bit.
    """
    operation = _ALIASES.get(operation, operation)
    result = np.empty_like(backdrop)
    for top in range(0, backdrop.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        result[rows] = _composite_band(backdrop[rows], source[rows], operation, np.float32(opacity))
    return result


def is_known(operation: str) -> bool:
    """Whether ``composite`` does what the operation says, and not just ``svg:src-over`` instead."""
    operation = _ALIASES.get(operation, operation)
    return operation == NORMAL or operation in _COVERAGE or operation in _BLEND


def _composite_band(backdrop: Rgba, source: Rgba, operation: str, opacity: np.float32) -> Rgba:
    if operation == NORMAL and opacity == 1 and ((source[..., 3] == 0) | (source[..., 3] == 255)).all():
        return np.where(source[..., 3:] == 255, source, backdrop)
    source_alpha = source[..., 3:].astype(np.float32) / 255 * opacity
    backdrop_alpha = backdrop[..., 3:].astype(np.float32) / 255
    source_colour = source[..., :3].astype(np.float32) / 255
    backdrop_colour = backdrop[..., :3].astype(np.float32) / 255
    if operation in _COVERAGE:
        source_part, backdrop_part = _COVERAGE[operation](source_alpha, backdrop_alpha)
    else:
        blend = _BLEND.get(operation)
        if blend is not None:
            mixed = blend(backdrop_colour, source_colour)
            source_colour = source_colour + backdrop_alpha * (mixed - source_colour)
        source_part, backdrop_part = source_alpha, backdrop_alpha * (1 - source_alpha)
    alpha = np.minimum(source_part + backdrop_part, 1)
    colour = (source_colour * source_part + backdrop_colour * backdrop_part) / np.maximum(alpha, _SMALL)
    made = np.concatenate([colour, alpha], axis=-1)
    result = np.rint(np.clip(made, 0, 1) * 255).astype(np.uint8)
    if operation not in _COVERAGE:
        result = np.where(source_alpha > 0, result, backdrop)
    return result


_Coverage = Callable[[Floats, Floats], tuple[Floats, Floats]]
#: Porter-Duff operations: how much of source and of backdrop is there.
_COVERAGE: dict[str, _Coverage] = {
    "svg:plus": lambda source, backdrop: (source, backdrop),
    "svg:dst-in": lambda source, backdrop: (np.zeros_like(source), backdrop * source),
    "svg:dst-out": lambda source, backdrop: (np.zeros_like(source), backdrop * (1 - source)),
    "svg:src-atop": lambda source, backdrop: (source * backdrop, backdrop * (1 - source)),
    "svg:dst-atop": lambda source, backdrop: (source * (1 - backdrop), backdrop * source),
}


def _multiply(backdrop: Floats, source: Floats) -> Floats:
    return backdrop * source


def _screen(backdrop: Floats, source: Floats) -> Floats:
    return backdrop + source - backdrop * source


def _hard_light(backdrop: Floats, source: Floats) -> Floats:
    return np.where(source <= 0.5, _multiply(backdrop, 2 * source), _screen(backdrop, 2 * source - 1))


def _overlay(backdrop: Floats, source: Floats) -> Floats:
    return _hard_light(source, backdrop)


def _colour_dodge(backdrop: Floats, source: Floats) -> Floats:
    return np.where(backdrop <= 0, np.float32(0), np.minimum(1, backdrop / np.maximum(1 - source, _SMALL)))


def _colour_burn(backdrop: Floats, source: Floats) -> Floats:
    return np.where(backdrop >= 1, np.float32(1), 1 - np.minimum(1, (1 - backdrop) / np.maximum(source, _SMALL)))


def _soft_light(backdrop: Floats, source: Floats) -> Floats:
    curve = np.where(backdrop <= 0.25, ((16 * backdrop - 12) * backdrop + 4) * backdrop, np.sqrt(backdrop))
    darker = backdrop - (1 - 2 * source) * backdrop * (1 - backdrop)
    return np.where(source <= 0.5, darker, backdrop + (2 * source - 1) * (curve - backdrop)).astype(np.float32)


def _difference(backdrop: Floats, source: Floats) -> Floats:
    return np.abs(backdrop - source)


def _exclusion(backdrop: Floats, source: Floats) -> Floats:
    return backdrop + source - 2 * backdrop * source


def _subtract(backdrop: Floats, source: Floats) -> Floats:
    return np.maximum(backdrop - source, 0)


def _linear_burn(backdrop: Floats, source: Floats) -> Floats:
    return np.maximum(backdrop + source - 1, 0)


def _divide(backdrop: Floats, source: Floats) -> Floats:
    return np.where(source <= 0, np.sign(backdrop), np.minimum(1, backdrop / np.maximum(source, _SMALL)))


def _luminosity_of(colour: Floats) -> Floats:
    return (colour * _LUMINOSITY).sum(axis=-1, keepdims=True)


def _with_luminosity(colour: Floats, luminosity: Floats) -> Floats:
    moved = colour + (luminosity - _luminosity_of(colour))
    least, most = moved.min(axis=-1, keepdims=True), moved.max(axis=-1, keepdims=True)
    centre = _luminosity_of(moved)
    lifted = centre + (moved - centre) * centre / np.maximum(centre - least, _SMALL)
    moved = np.where(least < 0, lifted, moved)
    lowered = centre + (moved - centre) * (1 - centre) / np.maximum(most - centre, _SMALL)
    return np.where(most > 1, lowered, moved).astype(np.float32)


def _saturation_of(colour: Floats) -> Floats:
    return colour.max(axis=-1, keepdims=True) - colour.min(axis=-1, keepdims=True)


def _with_saturation(colour: Floats, saturation: Floats) -> Floats:
    above_least = colour - colour.min(axis=-1, keepdims=True)
    return above_least * saturation / np.maximum(_saturation_of(colour), _SMALL)


def _hue(backdrop: Floats, source: Floats) -> Floats:
    return _with_luminosity(_with_saturation(source, _saturation_of(backdrop)), _luminosity_of(backdrop))


def _saturation(backdrop: Floats, source: Floats) -> Floats:
    return _with_luminosity(_with_saturation(backdrop, _saturation_of(source)), _luminosity_of(backdrop))


def _colour(backdrop: Floats, source: Floats) -> Floats:
    return _with_luminosity(source, _luminosity_of(backdrop))


def _luminosity(backdrop: Floats, source: Floats) -> Floats:
    return _with_luminosity(backdrop, _luminosity_of(source))


_BLEND: dict[str, Callable[[Floats, Floats], Floats]] = {
    "svg:multiply": _multiply,
    "svg:screen": _screen,
    "svg:overlay": _overlay,
    "svg:darken": np.minimum,
    "svg:lighten": np.maximum,
    "svg:color-dodge": _colour_dodge,
    "svg:color-burn": _colour_burn,
    "svg:hard-light": _hard_light,
    "svg:soft-light": _soft_light,
    "svg:difference": _difference,
    "svg:exclusion": _exclusion,
    "krita:subtract": _subtract,
    "krita:linear_burn": _linear_burn,
    "krita:divide": _divide,
    "svg:hue": _hue,
    "svg:saturation": _saturation,
    "svg:color": _colour,
    "svg:luminosity": _luminosity,
}
