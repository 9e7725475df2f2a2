"""Reads picture files that may be damaged or hostile.

One way of decoding, three of understanding: as colours (8-bit sRGB), as a mask, and as a control map, whose numbers are
taken as they are. Sizes are looked at before anything is decoded. Whatever is wrong, the answer is a sentence, not a
traceback; what was left out of account on the way is a note.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE

from .orientation import exif_orientation, upright
from .pillow_samples import pillow_samples
from .png_chunks import bare_png, is_png, png_size
from .png_samples import png_samples
from .samples import Samples, eight_bit, fractions
from .srgb import srgb_of
from .tiff_file import UnreadableTiffError, open_tiff
from .tiff_samples import tiff_samples

#: (height, width, 4) uint8, sRGB, straight alpha.
Rgba = NDArray[np.uint8]
#: (height, width) uint8, 255 = repaint.
Mask = NDArray[np.uint8]

#: Pixels of the largest picture that is decoded: 512 MiB as RGBA.
LARGEST_AREA = 1 << 27
#: Bytes of the largest file that is read.
LARGEST_FILE = 1 << 30
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
#: Shares of red, green and blue in grey (ITU-R BT.601), as editors turn a picture into a mask.
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


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


def decode_rgba(data: bytes, name: str, notes: list[str] | None = None, *, is_layer: bool = False) -> Rgba:
    """The picture in ``data`` as colours, its colour space converted to sRGB.

    Args:
        name: of the file, for errors and notes.
        notes: sentences for the person are added to it.
        is_layer: its place in a painting is known, so it is not turned whatever its EXIF says.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """

    def convert(samples: Samples) -> Rgba:
        return _with_alpha(srgb_of(samples, name, told), samples)

    told = [] if notes is None else notes
    return _decode(data, name, told, convert, is_layer=is_layer)


def decode_canvas(data: bytes, name: str, notes: list[str]) -> Rgba:
    """The same for a picture that results are put into, which takes them with eight bits.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """

    def convert(samples: Samples) -> Rgba:
        if samples.bits > 8:
            notes.append(f"{name} has {samples.bits} bits in each channel; the result is written with 8.")
        return _with_alpha(srgb_of(samples, name, notes), samples)

    return _decode(data, name, notes, convert)


def decode_mask(data: bytes, name: str, notes: list[str] | None = None) -> Mask:
    """The picture as a mask: its grey value, 0 where it is transparent. Values are taken as they are, without profile.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """

    def convert(samples: Samples) -> Mask:
        _tell_raw(samples, name, told)
        grey = samples.colours[..., 0]
        if samples.colours.shape[-1] == 3:
            grey = fractions(samples.colours) @ _GREY
        return eight_bit(grey if samples.alpha is None else fractions(grey) * fractions(samples.alpha))

    told = [] if notes is None else notes
    return _decode(data, name, told, convert)


def decode_control_map(data: bytes, name: str, notes: list[str] | None = None) -> Rgba:
    """The picture as a control map that is ready for the model: its numbers as they are, without profile.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """

    def convert(samples: Samples) -> Rgba:
        _tell_raw(samples, name, told)
        return _with_alpha(eight_bit(samples.colours), samples)

    told = [] if notes is None else notes
    return _decode(data, name, told, convert)


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


def is_whole(data: bytes) -> bool:
    """Whether it is a picture and, of a PNG, every checksum in it right. Nothing is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(bare_png(data) if is_png(data) else data), formats=_FORMATS) as image:
                image.verify()
        except Exception:  # noqa: BLE001 - decoders that are fed damaged bytes raise nearly anything
            return False
    return True


def _decode(
    data: bytes,
    name: str,
    notes: list[str],
    convert: Callable[[Samples], NDArray[np.uint8]],
    *,
    is_layer: bool = False,
) -> NDArray[np.uint8]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large and odd pictures; the limits here decide
        try:
            samples = _samples(data, name)
            notes += samples.notes
            return upright(convert(samples), 1 if is_layer else samples.orientation)
        except VelaturaError:
            raise
        except UnreadableTiffError as error:
            raise VelaturaError(
                "invalid_value", f"{name} is a TIFF with {error}, which is not read here. Save it again as PNG."
            ) from None
        except Image.DecompressionBombError:
            raise VelaturaError("image_too_large", f"{name} has too many pixels. Scale it down.") from None
        except Exception as error:  # noqa: BLE001 - decoders that are fed damaged bytes raise nearly anything
            raise VelaturaError(
                "invalid_value",
                f"{name} is not a picture that can be read, or it is damaged ({type(error).__name__}). "
                "Save it again as PNG.",
            ) from None


def _samples(data: bytes, name: str) -> Samples:
    tiff = open_tiff(data)
    if tiff is not None:
        check_size(tiff.width, tiff.height, name)
        if tiff.is_deep:
            return tiff_samples(tiff, name)
    if is_png(data):
        size = png_size(data)
        if size is None:
            raise ValueError("a PNG without a header")
        check_size(*size, name)
        return png_samples(data, name)
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        check_size(image.width, image.height, name)
        samples = pillow_samples(image)
        # Pillow has turned a TIFF itself
        orientation = 1 if image.format == "TIFF" else exif_orientation(image.info.get("exif") or b"")
        return replace(samples, orientation=orientation)


def _tell_raw(samples: Samples, name: str, notes: list[str]) -> None:
    if samples.space is not None:
        notes.append(f"{name} is encoded with {samples.space}; as a mask or map its numbers were taken as they are.")


def _with_alpha(colours: NDArray[np.uint8], samples: Samples) -> Rgba:
    """``colours``: (height, width, 1 or 3)."""
    rgba = np.empty((*colours.shape[:2], 4), np.uint8)
    rgba[..., :3] = colours
    rgba[..., 3] = 255 if samples.alpha is None else eight_bit(samples.alpha)
    return rgba


def check_size(width: int, height: int, name: str) -> None:
    """Raise ``image_too_large`` for a picture that must not be decoded."""
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE) or width * height > LARGEST_AREA:
        raise VelaturaError(
            "image_too_large",
            f"{name} has {width} x {height} pixels; each side may have 1 to {MAX_SIDE}, all together {LARGEST_AREA}. "
            "Scale it down.",
        )
