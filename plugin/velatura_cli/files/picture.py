"""Reads picture files that may be damaged or hostile, into 8-bit sRGB.

Sizes are looked at before anything is decoded. Whatever is wrong, the answer is a sentence, not a traceback.
"""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE

from .png_chunks import png_size

#: (height, width, 4) uint8, sRGB, straight alpha.
Rgba = NDArray[np.uint8]
#: (height, width) uint8, 255 = repaint.
Mask = NDArray[np.uint8]

#: Pixels of the largest picture that is decoded: 512 MiB as RGBA.
LARGEST_AREA = 1 << 27
#: Bytes of the largest file that is read.
LARGEST_FILE = 1 << 30
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
_Made = TypeVar("_Made")


def read_file(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        VelaturaError: ``invalid_value`` when it is not there, cannot be read or is too large.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise VelaturaError(
                "image_too_large", f"{path} has {size} bytes; {LARGEST_FILE} are allowed. Scale it down."
            )
        return path.read_bytes()
    except OSError as error:
        raise VelaturaError("invalid_value", f"{path} cannot be read ({error.strerror}). Check its name.") from None


def decode_rgba(data: bytes, name: str) -> Rgba:
    """The picture in ``data``, its colour profile (if any) converted to sRGB. ``name`` is for the error.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """
    return _decode(data, name, _to_rgba)


def decode_mask(data: bytes, name: str) -> Mask:
    """The picture as a mask: its grey value, 0 where it is transparent. Values are taken as they are, without profile.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """
    return _decode(data, name, _to_mask)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, from the file's header alone; None for what is no picture."""
    size = png_size(data)
    if size is not None or not data:
        return size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                return image.size
        except Exception:  # noqa: BLE001 - decoders that are fed damaged bytes raise nearly anything
            return None


def _decode(data: bytes, name: str, convert: "Callable[[Image.Image], _Made]") -> _Made:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large and odd pictures; the limits here decide
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                check_size(image.width, image.height, name)
                return convert(image)
        except VelaturaError:
            raise
        except Image.DecompressionBombError:
            raise VelaturaError("image_too_large", f"{name} has too many pixels. Scale it down.") from None
        except Exception as error:  # noqa: BLE001 - decoders that are fed damaged bytes raise nearly anything
            raise VelaturaError(
                "invalid_value",
                f"{name} is not a picture that can be read, or it is damaged ({type(error).__name__}). "
                "Save it again as PNG.",
            ) from None


def check_size(width: int, height: int, name: str) -> None:
    """Raise ``image_too_large`` for a picture that must not be decoded."""
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE) or width * height > LARGEST_AREA:
        raise VelaturaError(
            "image_too_large",
            f"{name} has {width} x {height} pixels; each side may have 1 to {MAX_SIDE}, all together {LARGEST_AREA}. "
            "Scale it down.",
        )


def _to_rgba(image: Image.Image) -> Rgba:
    image = ImageOps.exif_transpose(_eight_bit(image))
    has_alpha = image.has_transparency_data
    colours = _to_srgb(image)
    rgba = np.empty((image.height, image.width, 4), np.uint8)
    rgba[..., :3] = np.asarray(colours)
    rgba[..., 3] = np.asarray(image.convert("RGBA"))[..., 3] if has_alpha else 255
    return rgba


def _to_mask(image: Image.Image) -> Mask:
    image = _eight_bit(image)
    grey = np.asarray(image.convert("L"))
    if not image.has_transparency_data:
        return grey
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    return ((grey.astype(np.uint16) * alpha + 127) // 255).astype(np.uint8)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey when it converts it; the upper byte is what is wanted."""
    if image.mode.startswith("I"):
        profile = image.info.get("icc_profile")
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
        image.info["icc_profile"] = profile
    return image


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    colours = image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGBA").convert("RGB")
    if image.mode == "LA":
        colours = image.convert("L")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a damaged profile, or one for other channels than the picture has: the numbers are all there is
    return colours.convert("RGB")
