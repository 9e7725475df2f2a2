"""EXIF as cameras and programs leave it: whatever is wrong with it, the picture is read."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_kinds import counted, exif_of, pillow, png_of, waves, with_chunks
from PIL import Image

from velatura_cli.files.orientation import exif_orientation
from velatura_cli.files.picture import decode_mask, decode_rgba

UPRIGHT = counted(waves(3), 8)
ENTRY = struct.Struct("<HHI4s")


def block(*entries: bytes, count: int | None = None, directory: int = 8) -> bytes:
    said = len(entries) if count is None else count
    return b"II" + struct.pack("<HIH", 42, directory, said) + b"".join(entries) + bytes(4)


def raw_profile(exif: bytes, name: bytes = b"exif") -> bytes:
    """The text that programs put EXIF into before PNG had a chunk for it."""
    digits = exif.hex().encode()
    lines = b"\n".join(digits[place : place + 72] for place in range(0, len(digits), 72))
    return b"\n" + name + b"\n" + str(len(exif)).rjust(8).encode() + b"\n" + lines + b"\n"


@pytest.mark.parametrize("kind", [1, 3, 4, 6, 8, 9])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_orientation_is_found_in_any_whole_number(kind: int, order: str, prefix: bytes) -> None:
    """SHORT as the standard has it, and BYTE, LONG and the signed ones as programs write it."""
    assert 6 == exif_orientation(prefix + exif_of(6, kind, order))


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        exif_of(6)[:-9],
        exif_of(0),
        exif_of(9),
        exif_of(65535),
        exif_of(-3, 8),
        block(ENTRY.pack(0x0112, 2, 6, b"6\0\0\0")),
        block(ENTRY.pack(0x0112, 5, 1, b"\x08\0\0\0")),
        block(ENTRY.pack(0x0112, 3, 0, b"\x06\0\0\0")),
        block(ENTRY.pack(0x0100, 3, 1, b"\x06\0\0\0"), count=65535),
        block(directory=2**32 - 1),
        b"\xff" * 200,
    ],
)
def test_damaged_exif_is_ignored(exif: bytes) -> None:
    """Cut, of a wrong type, with numbers out of range, with places outside: the picture stands as it is stored."""
    deep = png_of(waves(3), 16)
    for data in (
        pillow(waves(3), "WEBP", lossless=True, exif=exif),
        with_chunks(png_of(waves(3), 8), (b"eXIf", exif)),
        with_chunks(png_of(waves(3), 8), (b"tEXt", b"Raw profile type exif\0" + raw_profile(exif))),
    ):
        notes: list[str] = []
        assert np.array_equal(UPRIGHT, decode_rgba(data, "x", notes)[..., :3])
        assert [] == notes
    assert np.array_equal(decode_mask(deep, "x"), decode_mask(with_chunks(deep, (b"eXIf", exif)), "x"))
    assert UPRIGHT.shape[:2] == decode_rgba(pillow(waves(3), "JPEG", exif=b"Exif\0\0" + exif), "x").shape[:2]


@pytest.mark.parametrize("name", [b"exif", b"APP1"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_orientation_is_found_in_the_older_text(name: bytes, is_packed: bool) -> None:
    """Plain and packed, with and without the mark of JPEG before it."""
    text = raw_profile((b"Exif\0\0" if name == b"APP1" else b"") + exif_of(3), name)
    keyword = b"Raw profile type " + name + b"\0"
    chunk = (b"zTXt", keyword + b"\0" + zlib.compress(text)) if is_packed else (b"tEXt", keyword + text)

    assert np.array_equal(UPRIGHT[::-1, ::-1], decode_rgba(with_chunks(png_of(waves(3), 8), chunk), "x")[..., :3])


@pytest.mark.parametrize(
    "text",
    [b"", b"\nexif\n", b"\nexif\n  12\nzz", b"\nexif\n  12\n4949\xff", b"no lines at all"],
)
def test_damaged_older_text_is_ignored(text: bytes) -> None:
    """No digits, other signs, no lines; and a packed one that cannot be unpacked."""
    for chunk in ((b"tEXt", b"Raw profile type exif\0" + text), (b"zTXt", b"Raw profile type exif\0\0" + text)):
        assert np.array_equal(UPRIGHT, decode_rgba(with_chunks(png_of(waves(3), 8), chunk), "x")[..., :3])


def test_orientation_after_the_picture_counts() -> None:
    """Programs put the chunk at the end of a PNG too."""
    data = png_of(waves(3), 8)
    moved = with_chunks(data, (b"eXIf", exif_of(3)))
    chunk = moved[33 : len(moved) - len(data) + 33]
    end = data.rindex(b"IEND") - 4

    assert np.array_equal(UPRIGHT[::-1, ::-1], decode_rgba(data[:end] + chunk + data[end:], "x")[..., :3])


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 200), value=st.integers(0, 255), cut=st.integers(0, 200))
def test_any_byte_changed_and_any_length_cut_leaves_the_picture(place: int, value: int, cut: int) -> None:
    """In one of the eight ways that there are, with its own pixels."""
    exif = bytearray(exif_of(6))
    exif[place % len(exif)] = value
    data = with_chunks(png_of(waves(1), 2), (b"eXIf", bytes(exif[: cut % len(exif) + 1])))

    assert sorted(decode_mask(data, "x").ravel()) == sorted(decode_mask(png_of(waves(1), 2), "x").ravel())


def test_multi_picture_photo_is_read() -> None:
    """Phones put a second picture behind the first: the first counts, upright."""
    stream = io.BytesIO()
    first, second = Image.fromarray(UPRIGHT), Image.new("RGB", (3, 3))
    first.getexif()[0x0112] = 6
    first.save(stream, "MPO", save_all=True, append_images=[second], exif=first.getexif())

    assert UPRIGHT.shape[1::-1] == decode_rgba(stream.getvalue(), "x").shape[:2]


@pytest.mark.parametrize(
    "kind", [b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"acTL", b"fcTL"]
)
@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 7, b"x\0\0\0\0"])
def test_other_damaged_chunks_are_ignored(kind: bytes, content: bytes) -> None:
    """Whatever a PNG holds besides its pixels may be broken, its checksum too."""
    data = with_chunks(png_of(waves(3), 8), (kind, content))
    place = data.index(kind) + 4 + len(content)
    for damaged in (data, data[:place] + b"oops" + data[place + 4 :]):
        assert np.array_equal(UPRIGHT, decode_rgba(damaged, "x")[..., :3])
