"""What pictures were made from, made small for the document: every byte comes back, and nothing claims memory."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from velatura_client.packing import Inputs, Packed, unpack
from velatura_protocol.images import BYTES_OF_DTYPE, ImageRef


def painting(width: int, height: int) -> np.ndarray:
    """Soft colours with grain, opaque: (height, width, 4) BGRA uint8."""
    rng = np.random.default_rng(7)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    soft = np.stack([100 + 80 * np.sin(x / 90), 120 + 70 * np.cos(y / 70), 90 + (x + y) / 20, 0 * x], axis=-1)
    picture = np.clip(soft + rng.normal(0, 2, soft.shape), 0, 255).astype(np.uint8)
    picture[..., 3] = 255
    return picture


@given(
    width=st.integers(1, 70),
    height=st.integers(1, 40),
    channels=st.sampled_from(["Y", "RGB", "RGBA", "BGRA"]),
    dtype=st.sampled_from(sorted(BYTES_OF_DTYPE)),
    seed=st.integers(0, 99),
)
def test_every_byte_comes_back(width: int, height: int, channels: str, dtype: str, seed: int) -> None:
    """Of any layout, with the picture's size told and without; the name is that of the bytes in both."""
    image = ImageRef(0, width, height, channels, dtype)
    data = np.random.default_rng(seed).integers(0, 256, image.byte_count, np.uint8).tobytes()
    told, untold = Packed(data, image), Packed(data)
    assert told.name == untold.name
    assert [data, data] == [unpack(told.compressed, len(data)), unpack(untold.compressed, len(data))]
    assert data == bytes(told.data)


def test_large_picture_comes_back() -> None:
    """Of many strips, one of them shorter."""
    data = painting(1500, 801).tobytes()
    assert data == unpack(Packed(data, ImageRef(0, 1500, 801, "BGRA")).compressed, len(data))


def test_painting_gets_much_smaller() -> None:
    """Against the same bytes through zlib alone."""
    data = painting(1024, 768).tobytes()
    plain = len(Packed(data).compressed)
    assert len(Packed(data, ImageRef(0, 1024, 768, "BGRA")).compressed) < 0.7 * plain


def test_size_that_does_not_fit_is_no_picture() -> None:
    """The bytes are kept all the same."""
    packed = Packed(b"x" * 100, ImageRef(0, 8, 8, "RGBA"))
    assert b"x" * 100 == unpack(packed.compressed, 100)


@pytest.mark.parametrize("image", [None, ImageRef(0, 40, 30, "RGBA")])
def test_damaged_attachment_is_told(image: "ImageRef | None") -> None:
    """Any byte changed, any length cut: the right bytes or ValueError."""
    data = np.random.default_rng(3).integers(0, 9, 4800, np.uint8).tobytes()
    packed = Packed(data, image).compressed
    for place in range(0, len(packed), 7):
        for damaged in (packed[:place], packed[:place] + b"\xa5" + packed[place + 1 :], packed + b"more"):
            try:
                assert 4800 == len(unpack(damaged, 4800))
            except ValueError:
                continue
    for size in (0, 4799, 4801, -1, 1 << 40):
        with pytest.raises(ValueError, match=r"."):
            unpack(packed, size)


@pytest.mark.parametrize("head", [b"", struct.pack("<13sIB", b"velatura-rows", 4096, 4)])
def test_bomb_takes_no_memory(head: bytes) -> None:
    """A few kilobytes that claim a hundred megabytes are refused after the size that the picture has."""
    import tracemalloc

    bomb = head + zlib.compress(bytes(100_000_000), 9)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"."):
        unpack(bomb, 4096 * 4)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_inputs_that_are_not_to_be_kept() -> None:
    """They have no attachments, and are there in memory."""
    blobs = (b"canvas", b"mask")
    inputs = Inputs(blobs, is_kept=False)
    assert ((), blobs) == (inputs.attachments(), tuple(bytes(blob) for blob in inputs.blobs()))
    assert 2 == len(Inputs(blobs).attachments())
