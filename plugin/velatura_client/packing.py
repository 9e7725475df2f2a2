"""Keeps pixels small in memory. They are compressed on a thread of their own: the editor must not wait for that."""

import hashlib
import struct
import threading
import zlib
from typing import Optional, Sequence, Tuple

from velatura_protocol.buffer import Buffer
from velatura_protocol.images import BYTES_OF_DTYPE, ImageRef

from .row_filter import Unfilter, filtered, strips

#: zlib's fastest level: a painting shrinks to about half, at about 100 MB a second.
_LEVEL = 1
#: More than this is not kept in a document.
LARGEST_ATTACHMENT = 64 << 20
#: Bytes of one input: four channels of 16384 pixels squared.
LARGEST_INPUT = 1 << 30
#: The names of inputs in a document begin so; a digest of their bytes follows.
INPUT_PREFIX = "velatura-input-"
_DIGITS = 16
#: Before filtered rows: this, bytes in a row, bytes in a pixel. Without it the attachment is a zlib stream alone.
_ROWS = b"velatura-rows"
_HEADER = struct.Struct("<13sIB")
#: Bytes that are given to zlib at a time, which copies what it does not use.
_PIECE = 1 << 16
#: Bytes in a pixel, as far as they are read.
_MOST_SAMPLES = 16


class Packed:
    """Bytes, compressed in the background."""

    def __init__(self, data: Buffer, image: Optional[ImageRef] = None) -> None:
        """``data`` is not copied: leave it unchanged. ``image``: what it holds; it then gets half as large, as a rule,
        but takes longer to read."""
        self._image = image
        self._raw: Optional[Buffer] = data
        self._size = memoryview(data).nbytes
        self._packed = b""
        self._digest = ""
        self._thread = threading.Thread(target=self._pack, name="velatura-packing", daemon=True)
        self._thread.start()

    @property
    def size(self) -> int:
        """Bytes that it takes now."""
        raw = self._raw
        return len(self._packed) if raw is None else memoryview(raw).nbytes

    @property
    def data(self) -> Buffer:
        """The bytes as they were."""
        raw = self._raw
        return unpack(self._packed, self._size) if raw is None else raw

    @property
    def compressed(self) -> bytes:
        """As it is kept in a document; waits for the compression, which began long before in all but rare cases."""
        self._thread.join()
        return self._packed

    @property
    def name(self) -> str:
        """The attachment's name, the same for the same bytes. Waits likewise."""
        self._thread.join()
        return INPUT_PREFIX + self._digest

    def _pack(self) -> None:
        raw = self._raw
        if raw is None:
            return
        self._digest = hashlib.sha256(raw).hexdigest()[:_DIGITS]
        self._packed = _pack(raw, self._image)
        self._raw = None


class Inputs:
    """The blobs of one request, for the recipe of what they become."""

    def __init__(
        self, blobs: Sequence[Buffer], images: Sequence[Tuple[str, ImageRef]] = (), *, is_kept: bool = True
    ) -> None:
        """``images``: of the request, see ``GenerationRequest.images``. ``is_kept``: in the document too, as
        ``attachments``; else only in memory."""
        by_blob = {image.blob: image for _path, image in images}
        self._packed = tuple(Packed(blob, by_blob.get(number)) for number, blob in enumerate(blobs))
        self._is_kept = is_kept

    @property
    def size(self) -> int:
        return sum(one.size for one in self._packed)

    def blobs(self) -> Tuple[Buffer, ...]:
        return tuple(one.data for one in self._packed)

    def attachments(self) -> Tuple[Tuple[str, bytes], ...]:
        """(name, data) of each blob in order; none when they are not to be kept in a document, or are too large."""
        if not self._is_kept:
            return ()
        found = tuple((one.name, one.compressed) for one in self._packed)
        return found if sum(len(data) for _name, data in found) <= LARGEST_ATTACHMENT else ()


def unpack(data: bytes, size: int) -> bytes:
    """The ``size`` bytes of an attachment. Never takes more memory, however much the attachment claims to hold.

    Raises:
        ValueError: it is damaged, or has another size.
    """
    if not 0 <= size <= LARGEST_INPUT:
        raise ValueError("no size")
    try:
        found = _rows(data, size) if data.startswith(_ROWS) else _Inflater(data).read(size + 1)
    except (zlib.error, struct.error) as error:
        raise ValueError(str(error)) from error
    if len(found) != size:
        raise ValueError(f"{size} bytes were expected")
    return found


def _pack(raw: Buffer, image: Optional[ImageRef]) -> bytes:
    size = memoryview(raw).nbytes
    if image is None or not size or image.byte_count != size:
        return zlib.compress(raw, _LEVEL)
    samples = len(image.channels) * BYTES_OF_DTYPE[image.dtype]
    row = image.width * samples
    deflating = zlib.compressobj(_LEVEL)
    parts = [_HEADER.pack(_ROWS, row, samples)]
    parts.extend(deflating.compress(strip) for strip in filtered(raw, row, samples))
    parts.append(deflating.flush())
    return b"".join(parts)


def _rows(data: bytes, size: int) -> bytes:
    _name, row, samples = _HEADER.unpack_from(data)
    if not 0 < samples <= _MOST_SAMPLES or row <= 0 or row % samples or size % row:
        raise ValueError("rows of a wrong length")
    inflater, unfilter = _Inflater(data, _HEADER.size), Unfilter(row, samples)
    found = b"".join(unfilter.rows(inflater.read(end - begin)) for begin, end in strips(size, row))
    if inflater.read(1):
        raise ValueError("it is too long")
    return found


class _Inflater:
    """Reads a zlib stream bit by bit, from ``data[begin:]``."""

    def __init__(self, data: bytes, begin: int = 0) -> None:
        self._data = memoryview(data)
        self._begin = begin
        self._inflating = zlib.decompressobj()

    def read(self, length: int) -> bytes:
        """The next bytes: ``length``, fewer at the end."""
        found = bytearray()
        while len(found) < length and not self._inflating.eof:
            piece = self._inflating.unconsumed_tail
            if not piece:
                piece = bytes(self._data[self._begin : self._begin + _PIECE])
                self._begin += len(piece)
            more = self._inflating.decompress(piece, length - len(found))
            if not piece and not more:
                break
            found += more
        return bytes(found)
