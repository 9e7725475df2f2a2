"""Changing the size of pictures and masks, and reading the pixel formats that may travel."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_protocol.images import ImageRef

_DTYPES = {"u8": np.dtype("u1"), "u16": np.dtype("<u2"), "f16": np.dtype("<f2"), "f32": np.dtype("<f4")}
_CONVERSION_TO_RGBA = {"Y": cv2.COLOR_GRAY2RGBA, "RGB": cv2.COLOR_RGB2RGBA, "BGRA": cv2.COLOR_BGRA2RGBA}


def resize_rgb(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 sRGB to (height, width, 3).

    Reduced by area in linear light, so that fine hatching keeps its brightness; enlarged by a cubic on the sRGB
    values, where linear light would only make ringing at dark edges worse. An axis is treated for itself.
    """
    reduced_width, reduced_height = min(width, rgb.shape[1]), min(height, rgb.shape[0])
    if (reduced_height, reduced_width) != rgb.shape[:2]:
        linear = cv2.LUT(rgb, _linear_of_srgb())
        linear = cv2.resize(linear, (reduced_width, reduced_height), interpolation=cv2.INTER_AREA)
        rgb = _srgb_of_linear()[np.asarray(linear, np.uint16)]
    if (height, width) != rgb.shape[:2]:
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return rgb


def resize_mask(mask: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """(h, w) uint8 or float32 to (height, width): by area when reduced, linearly when enlarged (no overshoot)."""
    reduced = (min(width, mask.shape[1]), min(height, mask.shape[0]))
    if (reduced[1], reduced[0]) != mask.shape:
        mask = cv2.resize(mask, reduced, interpolation=cv2.INTER_AREA)
    if (height, width) != mask.shape:
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    return mask


def to_rgba8(buffer: bytes | bytearray | memoryview, image: ImageRef) -> NDArray[np.uint8]:
    """The (height, width, 4) uint8 sRGB pixels, straight alpha, of any image that passed ``check_image``.

    Without alpha it is opaque. ``none`` as colour space is read like sRGB. What is not a number reads as 0.
    """
    samples = np.frombuffer(buffer, _DTYPES[image.dtype]).reshape(image.height, image.width, len(image.channels))
    if image.colour_space == "linear-srgb":
        encoded = np.concatenate((_srgb_of_linear()[_to_16(samples[..., :3])], _to_8(samples[..., 3:])), axis=2)
    else:
        encoded = _to_8(samples)
    if image.channels == "RGBA":
        return encoded
    return np.asarray(cv2.cvtColor(encoded, _CONVERSION_TO_RGBA[image.channels]), np.uint8)


def to_mask8(buffer: bytes | bytearray | memoryview, image: ImageRef) -> NDArray[np.uint8]:
    """The (height, width) uint8 values of a ``Y`` image that passed ``check_image``: 255 = repaint."""
    return _to_8(np.frombuffer(buffer, _DTYPES[image.dtype]).reshape(image.height, image.width))


def _to_8(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Full-range integers or 0..1 floats to full-range uint8, rounded to nearest; uint8 is passed through."""
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype == np.uint16:
        return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    return _quantised(samples, 255).astype(np.uint8)


def _to_16(samples: NDArray[Any]) -> NDArray[np.uint16]:
    """Likewise to full-range uint16."""
    if samples.dtype == np.uint8:
        return samples.astype(np.uint16) * 257
    if samples.dtype == np.uint16:
        return samples
    return _quantised(samples, 65535).astype(np.uint16)


def _quantised(samples: NDArray[np.floating[Any]], steps: int) -> NDArray[np.float32]:
    """0..1 to 0 .. ``steps`` and less than a half more; NaN to 0."""
    return np.clip(np.nan_to_num(samples.astype(np.float32)), 0, 1) * np.float32(steps) + np.float32(0.5)


@cache
def _linear_of_srgb() -> NDArray[np.uint16]:
    """256 sRGB codes (IEC 61966-2-1) to full-range 16-bit linear light.

    Fine enough that every code survives there and back: the darkest codes lie 20 steps apart.
    """
    code = np.arange(256) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.round(linear * 65535).astype(np.uint16)


@cache
def _srgb_of_linear() -> NDArray[np.uint8]:
    """The inverse for all 65536 steps, rounded to nearest."""
    linear = np.arange(65536) / 65535
    code = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(code * 255).astype(np.uint8)
