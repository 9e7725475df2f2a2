"""Which way up a photo is: the orientation that cameras note in EXIF, read with patience, as EXIF is often damaged."""

import struct
import zlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .png_chunks import png_chunks

UPRIGHT = 1
_ORIENTATION = 0x0112
#: Whole numbers, with or without sign, as EXIF numbers its types; programs write the tag with any of them.
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
_PREFIX = b"Exif\0\0"
#: Bytes: more than any camera writes.
_LARGEST_TEXT = 1 << 22
_Kind = TypeVar("_Kind", bound=np.generic)


def exif_orientation(exif: bytes) -> int:
    """1..8; 1 where it is not said or cannot be read."""
    block = exif[len(_PREFIX) :] if exif.startswith(_PREFIX) else exif
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, directory)
        for index in range(count):
            place = directory + 2 + 12 * index
            tag, kind, length = struct.unpack_from(order + "HHI", block, place)
            if tag == _ORIENTATION and kind in _FORMATS and length >= 1:
                (value,) = struct.unpack_from(order + _FORMATS[kind], block, place + 8)
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass  # cut short: whatever comes after is not there
    return UPRIGHT


def png_orientation(data: bytes) -> int:
    """From the chunk eXIf, or from the text that programs wrote before there was that chunk."""
    for kind, content in png_chunks(data):
        if kind == b"eXIf":
            return exif_orientation(bytes(content))
        if kind in (b"zTXt", b"tEXt") and bytes(content[:17]) == b"Raw profile type ":
            found = exif_orientation(_raw_profile(kind, bytes(content)))
            if found != UPRIGHT:
                return found
    return UPRIGHT


def _raw_profile(kind: bytes, content: bytes) -> bytes:
    """The bytes of a text that has a name and a length on lines of their own, then hexadecimal digits."""
    keyword, _, text = content.partition(b"\0")
    if not keyword.endswith((b"exif", b"APP1")):
        return b""
    try:
        if kind == b"zTXt":
            text = zlib.decompressobj().decompress(text[1:], _LARGEST_TEXT)
        _name, _length, digits = text.strip().split(b"\n", 2)
        return bytes.fromhex("".join(digits.decode("ascii").split()))
    except (zlib.error, ValueError):
        return b""


def upright(picture: NDArray[_Kind], orientation: int) -> NDArray[_Kind]:
    """(height, width, ...) turned so that it stands as it was taken; ``orientation`` is 1..8."""
    if orientation in (5, 6, 7, 8):
        picture = np.swapaxes(picture, 0, 1)
    flips_columns = orientation in (2, 3, 6, 7)
    flips_rows = orientation in (3, 4, 7, 8)
    return np.ascontiguousarray(picture[:: -1 if flips_rows else 1, :: -1 if flips_columns else 1])
