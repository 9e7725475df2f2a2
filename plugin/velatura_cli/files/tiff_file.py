"""TIFF files with more than eight bits a channel: their numbers as they are.

Pillow reads few of these kinds, and cuts most of them to eight bits. https://www.itu.int/itudoc/itu-t/com16/tiff-fx/
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _CHANNELS, _STRIP_ROWS, _STRIP_BYTES = 273, 277, 278, 279
_PLANES, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 284, 317, 322, 323, 324, 325
_ORIENTATION, _EXTRA, _FORMAT, _PROFILE = 274, 338, 339, 34675
_BIG = 43
#: Ways of packing: as they are, LZW, Deflate, PackBits.
_PLAIN, _LZW, _DEFLATE, _PACKBITS = (1,), (5,), (8, 32946), (32773,)
_KINDS = {1: "u", 2: "i", 3: "f"}
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3
#: Bytes of the numbers that are held in memory.
_LARGEST = 1 << 31


class UnreadableTiffError(Exception):
    """What the file has that is not read here, as the end of a sentence."""


@dataclass(frozen=True)
class TiffFile:
    """The first picture of a file, described.

    Attributes:
        kind: of a number: ``u``, ``i`` or ``f``.
        photometric: 0 = grey, the greatest number is black; 1 = grey; 2 = RGB; 5 = inks.
        extra: what the channels beside the colours are: 1 = alpha that the colours are multiplied by, 0 or 2 = alpha.
    """

    data: bytes
    tags: Any
    order: str
    width: int
    height: int
    channels: int
    bits: int
    kind: str
    photometric: int
    extra: tuple[int, ...]
    orientation: int
    profile: bytes | None

    @property
    def is_deep(self) -> bool:
        """It has more than eight bits, or numbers that are not simply counted from 0."""
        return self.bits > 8 or self.kind != "u"


def open_tiff(data: bytes) -> TiffFile | None:
    """None for what is no TIFF, or too damaged to have a size.

    Raises:
        UnreadableTiffError: its channels differ in kind.
    """
    if data[:2] not in (b"II", b"MM"):
        return None
    order = "<" if data[:2] == b"II" else ">"
    is_big = len(data) > 16 and struct.unpack_from(order + "H", data, 2)[0] == _BIG
    tags = ImageFileDirectory_v2(data[: 16 if is_big else 8])
    stream = io.BytesIO(data)
    stream.seek(tags.next)
    tags.load(stream)
    if _WIDTH not in tags or _HEIGHT not in tags:
        return None
    bits, formats = _all(tags, _BITS, (1,)), _all(tags, _FORMAT, (1,))
    if len(set(bits)) != 1 or len(set(formats)) != 1 or formats[0] not in (*_KINDS, 4):
        raise UnreadableTiffError("channels of different kinds")
    profile = tags.get(_PROFILE)
    return TiffFile(
        data=data,
        tags=tags,
        order=order,
        width=int(tags[_WIDTH]),
        height=int(tags[_HEIGHT]),
        channels=int(tags.get(_CHANNELS, 1)),
        bits=int(bits[0]),
        kind=_KINDS.get(int(formats[0]), "u"),
        photometric=int(tags.get(_PHOTOMETRIC, 1)),
        extra=tuple(int(value) for value in _all(tags, _EXTRA, ())),
        orientation=int(tags.get(_ORIENTATION, 1)),
        profile=profile if isinstance(profile, bytes) else None,
    )


def read_numbers(file: TiffFile) -> NDArray[Any]:
    """(height, width, channels) in the machine's own byte order.

    Raises:
        UnreadableTiffError: the numbers are of another size, or packed in a way that is not read here.
        ValueError, struct.error, zlib.error: the file is damaged.
    """
    if file.bits not in (8, 16, 32, 64) or (file.kind == "f" and file.bits == 8):
        raise UnreadableTiffError(f"{file.bits} bits a channel")
    number = np.dtype(f"{file.order}{file.kind}{file.bits // 8}")
    if not 1 <= file.channels <= 8 or file.width * file.height * file.channels * number.itemsize > _LARGEST:
        raise UnreadableTiffError(f"{file.channels} channels of {file.bits} bits in so many pixels")
    is_planar = int(file.tags.get(_PLANES, 1)) == 2 and file.channels > 1
    in_block = 1 if is_planar else file.channels
    result = np.zeros((file.height, file.width, file.channels), number.newbyteorder("="))
    for block, x, y, width, height, plane in _blocks(file, is_planar):
        # the last strip may be short, the last tile is whole and overhangs
        rows = min(height, file.height - y) if width == file.width else height
        packed = _unpacked(block, int(file.tags.get(_COMPRESSION, 1)), rows * width * in_block * number.itemsize)
        part = _differences_undone(file, packed, rows, width, in_block, number)
        part = part[: file.height - y, : file.width - x]
        target = result[y : y + part.shape[0], x : x + part.shape[1]]
        target[..., plane : plane + in_block] = part
    return result


def _all(tags: ImageFileDirectory_v2, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
    value = tags.get(tag, default)
    return value if isinstance(value, tuple) else (value,)


def _blocks(file: TiffFile, is_planar: bool) -> Iterator[tuple[bytes, int, int, int, int, int]]:
    """Each strip or tile: its packed bytes, place, size in pixels, and first channel."""
    tags = file.tags
    if _TILE_OFFSETS in tags:
        offsets, counts = _all(tags, _TILE_OFFSETS, ()), _all(tags, _TILE_BYTES, ())
        width, height = int(tags[_TILE_WIDTH]), int(tags[_TILE_HEIGHT])
    else:
        offsets, counts = _all(tags, _STRIP_OFFSETS, ()), _all(tags, _STRIP_BYTES, ())
        width, height = file.width, min(int(tags.get(_STRIP_ROWS, file.height)), file.height)
    if width < 1 or height < 1 or width * height > _LARGEST:
        raise ValueError("blocks of no size")
    across, down = math.ceil(file.width / width), math.ceil(file.height / height)
    planes = file.channels if is_planar else 1
    if not len(offsets) == len(counts) == across * down * planes:
        raise ValueError("blocks are missing")
    for index, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        plane, place = divmod(index, across * down)
        row, column = divmod(place, across)
        yield file.data[offset : offset + count], column * width, row * height, width, height, plane


def _unpacked(block: bytes, compression: int, size: int) -> bytes:
    if compression in _PLAIN:
        whole = block
    elif compression in _DEFLATE:
        whole = zlib.decompressobj().decompress(block, size)
    elif compression in (*_LZW, *_PACKBITS):
        whole = _unpacked_by_pillow(block, compression, size)
    else:
        raise UnreadableTiffError(f"compression of the kind {compression}")
    if len(whole) < size:
        raise ValueError("a block is cut")
    return whole[:size]


def _unpacked_by_pillow(block: bytes, compression: int, size: int) -> bytes:
    """The bytes as the pixels of a grey picture, one row high: what libtiff unpacks, it unpacks for any meaning."""
    tags = ImageFileDirectory_v2()
    for tag, value in ((_WIDTH, size), (_HEIGHT, 1), (_BITS, 8), (_COMPRESSION, compression), (_PHOTOMETRIC, 1)):
        tags[tag] = value
    for tag, value in ((_CHANNELS, 1), (_STRIP_ROWS, 1), (_STRIP_BYTES, len(block)), (_STRIP_OFFSETS, 0)):
        tags[tag] = value
    head = b"II*\0\x08\0\0\0"
    # Pillow counts the offsets of strips from the end of the directory
    with Image.open(io.BytesIO(head + tags.tobytes(len(head)) + block), formats=("TIFF",)) as image:
        return image.tobytes()


def _differences_undone(
    file: TiffFile, packed: bytes, rows: int, width: int, channels: int, number: np.dtype[Any]
) -> NDArray[Any]:
    """(rows, width, channels). Writers may store each number as the difference from its left neighbour."""
    predictor = int(file.tags.get(_PREDICTOR, 1)) if int(file.tags.get(_COMPRESSION, 1)) not in _PLAIN else 1
    if predictor == _FLOAT_DIFFERENCES:
        # bytes of equal weight stand together, the heaviest first, and the differences are between bytes
        each = np.frombuffer(packed, np.uint8).reshape(rows, width * number.itemsize, channels)
        summed = np.add.accumulate(each, axis=1, dtype=np.uint8).reshape(rows, number.itemsize, width * channels)
        numbers = np.ascontiguousarray(summed.transpose(0, 2, 1)).view(number.newbyteorder(">"))
        return numbers.reshape(rows, width, channels)
    numbers = np.frombuffer(packed, number).reshape(rows, width, channels)
    if predictor != _DIFFERENCES:
        return numbers
    whole = numbers.astype(number.newbyteorder("=")).view(f"u{number.itemsize}")
    return np.add.accumulate(whole, axis=1, dtype=whole.dtype).view(number.newbyteorder("="))
