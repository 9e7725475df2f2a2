"""Samples of any colour space as 8-bit sRGB."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from .colour_space import to_srgb
from .samples import BAND, Samples, eight_bit, fractions


def srgb_of(samples: Samples, name: str, notes: list[str]) -> NDArray[np.uint8]:
    """(height, width, 1 or 3) uint8. ``name``: of the file; sentences for the person are added to ``notes``."""
    if samples.space is not None:
        notes.append(f"{name} is encoded with {samples.space}; its colours were converted to sRGB.")
        result = np.empty_like(samples.colours, dtype=np.uint8)
        for top in range(0, len(result), BAND):
            rows = slice(top, top + BAND)
            result[rows] = np.rint(to_srgb(fractions(samples.colours[rows]), samples.space) * 255)
        return result
    if samples.profile:
        converted = _by_profile(samples, samples.profile)
        if converted is not None:
            return converted
        notes.append(f"The colour profile of {name} cannot be used for it and was ignored: it was read as sRGB.")
    return eight_bit(samples.colours)


def _by_profile(samples: Samples, profile: bytes) -> NDArray[np.uint8] | None:
    """None where the profile is damaged, or for other channels than the picture has: the numbers are all there is."""
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
