"""Texts in a PNG file, put there without decoding the picture."""

import struct
import zlib
from typing import Mapping

#: The signature and the header's chunk, which must come first: 8 bytes, then length, name, 13 bytes and checksum.
_HEADER_END = 8 + 4 + 4 + 13 + 4


def with_texts(png: bytes, texts: Mapping[str, str]) -> bytes:
    """``png``, a whole file, with one text chunk per entry: ``tEXt`` where Latin-1 holds it, else ``iTXt`` (UTF-8)."""
    chunks = b"".join(_chunk(name, text) for name, text in texts.items())
    return png[:_HEADER_END] + chunks + png[_HEADER_END:]


def _chunk(name: str, text: str) -> bytes:
    keyword = name.encode("latin-1") + b"\0"
    try:
        kind, data = b"tEXt", keyword + text.encode("latin-1")
    except UnicodeEncodeError:
        # not compressed, no language, no translated keyword
        kind, data = b"iTXt", keyword + b"\0\0\0\0" + text.encode("utf-8", "replace")
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
