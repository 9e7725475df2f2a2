"""Changing the size of pictures and masks, and reading the pixel formats that may travel."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_protocol.images import ImageRef

_DTYPES = {"u8": np.dtype("u1"), "u16": np.dtype("<u2"), "f16": np.dtype("<f2"), "f32": np.dtype("<f4")}


def resize_rgb(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 sRGB to (height, width, 3).

    Reduced by area in linear light, so that fine hatching keeps its brightness; enlarged by a cubic on the sRGB
    values, where linear light would only make ringing at dark edges worse. An axis is treated for itself.
    """
    reduced_width, reduced_height = min(width, rgb.shape[1]), min(height, rgb.shape[0])
    if (reduced_height, reduced_width) != rgb.shape[:2]:
        linear = cv2.LUT(rgb, _linear_of_srgb())
        linear = cv2.resize(linear, (reduced_width, reduced_height), interpolation=cv2.INTER_AREA)
        rgb = linear_to_srgb8(linear)
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
    colour, alpha = samples[..., : min(3, samples.shape[2])], samples[..., 3:]
    result = np.empty((image.height, image.width, 4), np.uint8)
    encoded = _colour_to_8(colour, image.colour_space == "linear-srgb")
    result[..., :3] = encoded[..., ::-1] if image.channels == "BGRA" else encoded
    result[..., 3:] = _to_8(alpha) if alpha.size else 255
    return result


def to_mask8(buffer: bytes | bytearray | memoryview, image: ImageRef) -> NDArray[np.uint8]:
    """The (height, width) uint8 values of a ``Y`` image that passed ``check_image``: 255 = repaint."""
    return _to_8(np.frombuffer(buffer, _DTYPES[image.dtype]).reshape(image.height, image.width))


def linear_to_srgb8(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light, 0..1 (clipped), to sRGB-encoded uint8 (IEC 61966-2-1), rounded to nearest."""
    steps = _SRGB_TABLE_STEPS
    indices = np.clip(linear * np.float32(steps) + np.float32(0.5), 0, steps).astype(np.uint16)
    return _srgb_of_linear()[indices]


def _colour_to_8(samples: NDArray[Any], is_linear: bool) -> NDArray[np.uint8]:
    if not is_linear:
        return _to_8(samples)
    scale = np.float32(np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1)
    return linear_to_srgb8(np.nan_to_num(samples.astype(np.float32) / scale))


def _to_8(samples: NDArray[Any]) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype.kind == "u":
        return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    values = np.nan_to_num(samples.astype(np.float32), nan=0.0)
    return (np.clip(values, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


@cache
def _linear_of_srgb() -> NDArray[np.float32]:
    """256 sRGB codes to linear light 0..1."""
    code = np.arange(256) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


#: Fine enough that every 8-bit sRGB code survives there and back: the darkest codes lie 1 / 3295 of full scale apart.
_SRGB_TABLE_STEPS = 65535


@cache
def _srgb_of_linear() -> NDArray[np.uint8]:
    """Linear light in ``_SRGB_TABLE_STEPS`` steps to sRGB codes."""
    linear = np.arange(_SRGB_TABLE_STEPS + 1) / _SRGB_TABLE_STEPS
    code = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (code * 255 + 0.5).astype(np.uint8)
