"""Keeps pixels small in memory. They are compressed on a thread of their own: the editor must not wait for that."""

import hashlib
import threading
import zlib
from typing import Optional, Sequence, Tuple

from velatura_protocol.envelope import Buffer

#: zlib's fastest level: a painting shrinks to about half, at about 100 MB a second.
_LEVEL = 1
#: More than this is not kept in a document.
LARGEST_ATTACHMENT = 64 << 20
#: Bytes of one input: four channels of 16384 pixels squared.
LARGEST_INPUT = 1 << 30
#: The names of inputs in a document begin so; a digest of their bytes follows.
INPUT_PREFIX = "velatura-input-"
_DIGITS = 16


class Packed:
    """Bytes, compressed in the background."""

    def __init__(self, data: Buffer) -> None:
        """``data`` is not copied: leave it unchanged."""
        self._raw: Optional[Buffer] = data
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
        return zlib.decompress(self._packed) if raw is None else raw

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
        self._packed = zlib.compress(raw, _LEVEL)
        self._raw = None


class Inputs:
    """The blobs of one request, for the recipe of what they become."""

    def __init__(self, blobs: Sequence[Buffer], *, is_kept: bool = True) -> None:
        """``is_kept``: in the document too, as ``attachments``; else only in memory."""
        self._packed = tuple(Packed(blob) for blob in blobs)
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
    if size < 0:
        raise ValueError("no size")
    inflating = zlib.decompressobj()
    try:
        # one byte more than wanted tells what is too long; a limit of 0 would mean none
        found = inflating.decompress(data, min(size, LARGEST_INPUT) + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(found) != size:
        raise ValueError(f"{size} bytes were expected")
    return found
