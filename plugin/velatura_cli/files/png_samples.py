"""PNG files: every depth and colour type as it is, with the transparent colour that the file may name."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .orientation import UPRIGHT, png_orientation
from .pillow_samples import pillow_samples
from .png_chunks import bare_png, png_chunks
from .png_colour import png_colour
from .samples import Numbers, Samples

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
#: Bytes: those of printers have tables of a few millions.
_LARGEST_PROFILE = 1 << 26
#: How Pillow can be told to hand out the upper and the lower bytes of sixteen-bit samples, of which it keeps the upper.
_UPPER, _LOWER = "16B", "16L"


def png_samples(data: bytes, name: str) -> Samples:
    """The picture in the PNG file ``data``. ``name``: for the notes."""
    chunks = _chunks_before_picture(data)
    depth, kind = struct.unpack_from(">8xBB", chunks[b"IHDR"])
    colour = png_colour(chunks, name)
    bare = bare_png(data)
    with Image.open(io.BytesIO(bare), formats=("PNG",)) as image:
        made = pillow_samples(image) if depth <= 8 else _sixteen_bit(image, bare, kind)
    alpha = _transparent_colour(made.colours, chunks.get(b"tRNS"), depth, kind)
    orientation = png_orientation(data)
    # not every program looks for it in this kind of file
    turned = [f"{name} was turned upright, as its EXIF says (orientation {orientation})."]
    return Samples(
        colours=made.colours,
        alpha=made.alpha if alpha is None else alpha,
        profile=_profile(chunks[b"iCCP"]) if colour.uses_profile else None,
        space=colour.space,
        orientation=orientation,
        bits=depth,
        notes=[*colour.notes, *(turned if orientation != UPRIGHT else [])],
    )


def _profile(iccp: bytes) -> bytes:
    """Unpacked; what cannot be unpacked is no profile, and says so where it is used."""
    _name, _, packed = iccp.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE)
    except zlib.error:
        return iccp


def _chunks_before_picture(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for kind, content in png_chunks(data):
        if kind == b"IDAT":
            break
        found.setdefault(kind, bytes(content))
    return found


def _sixteen_bit(image: Image.Image, data: bytes, kind: int) -> Samples:
    if kind == _GREY:
        return Samples(np.asarray(image).astype(np.uint16)[..., None])
    if kind == _GREY_ALPHA:
        # four bytes a pixel, which Pillow gives as they are when it is told that they are red, green, blue and alpha
        parts = _decoded_as(image, "RGBA").astype(np.uint16)
        pairs = parts[..., 0::2] << 8 | parts[..., 1::2]
        return Samples(pairs[..., :1], alpha=pairs[..., 1])
    channels = "RGBA" if kind == _RGB_ALPHA else "RGB"
    upper = _decoded_as(image, f"{channels};{_UPPER}").astype(np.uint16)
    with Image.open(io.BytesIO(data), formats=("PNG",)) as again:
        whole = upper << 8 | _decoded_as(again, f"{channels};{_LOWER}")
    return Samples(whole[..., :3], alpha=whole[..., 3] if kind == _RGB_ALPHA else None)


def _decoded_as(image: Image.Image, raw_mode: str) -> NDArray[np.uint8]:
    (tile,) = image.tile  # type: ignore[attr-defined]  # of ImageFile
    image.tile = [tile._replace(args=raw_mode)]  # type: ignore[attr-defined]
    return np.asarray(image)


def _transparent_colour(colours: Numbers, trns: bytes | None, depth: int, kind: int) -> Numbers | None:
    """Alpha of the picture where the file names one colour as transparent; palettes have theirs in Pillow already."""
    length = {_GREY: 2, _RGB: 6}.get(kind)
    if trns is None or length is None or len(trns) < length:
        return None
    largest = (1 << depth) - 1
    full = np.iinfo(colours.dtype).max
    sample = [value & largest for value in struct.unpack_from(f">{length // 2}H", trns)]
    wanted = np.array([value * (full // largest) for value in sample], colours.dtype)
    return np.where((colours == wanted).all(axis=-1), 0, full).astype(colours.dtype)
