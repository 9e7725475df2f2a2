"""The chunks of a PNG file, looked at without decoding its picture. https://www.w3.org/TR/png-3/"""

import struct
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Length and name before a chunk's data, the checksum after it, bytes.
_HEAD, _TAIL = 8, 4
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and data of each chunk, as far as the file is whole; none for what is no PNG. Checksums are not checked."""
    if not data.startswith(SIGNATURE):
        return
    view, place = memoryview(data), len(SIGNATURE)
    while place + _HEAD + _TAIL <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + _HEAD + length
        if end + _TAIL > len(data):
            return
        yield kind, view[place + _HEAD : end]
        place = end + _TAIL


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the header says; None for what is no PNG."""
    for kind, content in png_chunks(data):
        return struct.unpack_from(">II", content) if kind == b"IHDR" and len(content) == 13 else None
    return None


def has_text(data: bytes, keyword: str) -> bool:
    """Whether the PNG has a text of that name."""
    start = keyword.encode("latin-1") + b"\0"
    return any(kind in _TEXT_CHUNKS and bytes(content[: len(start)]) == start for kind, content in png_chunks(data))
