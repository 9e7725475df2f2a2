"""Samples of any colour space as 8-bit sRGB."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from .colour_space import Floats, to_srgb
from .icc_profile import icc_curves
from .samples import BAND, Samples, eight_bit, fractions


def srgb_of(samples: Samples, name: str, notes: list[str]) -> NDArray[np.uint8]:
    """(height, width, 1 or 3) uint8. ``name``: of the file; sentences for the person are added to ``notes``."""
    space = samples.space
    if space is not None:
        notes.append(f"{name} is encoded with {space}; its colours were converted to sRGB.")
        return _in_bands(samples, lambda colours: to_srgb(colours, space))
    if samples.profile:
        converted = _by_profile(samples, samples.profile)
        if converted is not None:
            return converted
        notes.append(f"The colour profile of {name} cannot be used for it and was ignored: it was read as sRGB.")
    return eight_bit(samples.colours)


def _in_bands(samples: Samples, convert: Callable[[Floats], Floats]) -> NDArray[np.uint8]:
    result = np.empty_like(samples.colours, dtype=np.uint8)
    for top in range(0, len(result), BAND):
        rows = slice(top, top + BAND)
        result[rows] = np.rint(convert(fractions(samples.colours[rows])) * 255)
    return result


def _by_profile(samples: Samples, profile: bytes) -> NDArray[np.uint8] | None:
    """None where the profile is damaged, or for other channels than the picture has: the numbers are all there is."""
    if samples.bits > 8 and samples.inks is None:
        curves = icc_curves(profile)
        if curves is not None and curves.channels == samples.colours.shape[-1]:
            return _in_bands(samples, curves.to_srgb)
    colours = eight_bit(samples.colours)
    pictures = [_image(colours if samples.inks is None else samples.inks)]
    if colours.shape[-1] == 1:
        pictures.append(_image(np.repeat(colours, 3, axis=-1)))  # programs leave profiles of colours in grey pictures
    for picture in pictures:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            continue
        if made is not None:
            return np.asarray(made)
    return None


def _image(numbers: NDArray[np.uint8]) -> Image.Image:
    """(height, width, 1, 3 or 4): grey, RGB, or cyan to black."""
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[numbers.shape[-1]]
    return Image.frombytes(mode, (numbers.shape[1], numbers.shape[0]), np.ascontiguousarray(numbers).tobytes())
