"""The chunks of a PNG file, looked at without decoding its picture. https://www.w3.org/TR/png-3/"""

import struct
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Length and name before a chunk's data, the checksum after it, bytes.
_HEAD, _TAIL = 8, 4
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")


def bare_png(data: bytes) -> bytes:
    """The same PNG with only what its pixels need: what else it holds may be damaged, and a decoder trip over it."""
    return SIGNATURE + b"".join(data[start:end] for kind, start, end in _places(data) if kind in _PIXEL_CHUNKS)


def png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and data of each chunk, as far as the file is whole; none for what is no PNG. Checksums are not checked."""
    view = memoryview(data)
    for kind, start, end in _places(data):
        yield kind, view[start + _HEAD : end - _TAIL]


def is_png(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the header says; None for what is no PNG."""
    for kind, content in png_chunks(data):
        return struct.unpack_from(">II", content) if kind == b"IHDR" and len(content) == 13 else None
    return None


def has_text(data: bytes, keyword: str) -> bool:
    """Whether the PNG has a text of that name."""
    start = keyword.encode("latin-1") + b"\0"
    return any(kind in _TEXT_CHUNKS and bytes(content[: len(start)]) == start for kind, content in png_chunks(data))


def _places(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name of each chunk, and where it begins and ends, its length and checksum included."""
    if not data.startswith(SIGNATURE):
        return
    place = len(SIGNATURE)
    while place + _HEAD + _TAIL <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + _HEAD + length + _TAIL
        if end > len(data):
            return
        yield kind, place, end
        place = end
