"""Makes the rows of a picture easy to compress, without any image library: what PNG calls the filter "Up".

Each byte becomes its difference from the byte above it, and the channels of a strip of rows stand one after the other:
zlib then makes a painting half as large as from its bytes as they are, and is faster. The arithmetic is that of whole
numbers with a thousand digits, which Python does in C: eight bits at a time in each of them, without a carry between.
"""

from typing import Iterator, Tuple

from velatura_protocol.buffer import Buffer

#: Bytes of a strip, about: large enough for few steps, small enough that other threads get their turn in between.
_STRIP = 1 << 18


def strips(size: int, row: int) -> Iterator[Tuple[int, int]]:
    """First and last byte (excluded) of each strip of a picture of ``size`` bytes, ``row`` bytes in a row."""
    step = max(1, _STRIP // row) * row
    for begin in range(0, size, step):
        yield begin, min(size, begin + step)


def filtered(data: Buffer, row: int, samples: int) -> Iterator[bytes]:
    """The strips of ``data``: whole rows of ``row`` bytes, ``samples`` bytes in a pixel."""
    view = memoryview(data).cast("B")
    above = bytes(row)
    for begin, end in strips(len(view), row):
        strip = bytes(view[begin:end])
        length = end - begin
        high, low = _bits(length)
        this = int.from_bytes(strip, "little")
        other = int.from_bytes((above + strip)[:length], "little")
        difference = ((this | high) - (other & low)) ^ ((this ^ other ^ high) & high)
        above = strip[-row:]
        mixed = difference.to_bytes(length, "little")
        yield b"".join(mixed[sample::samples] for sample in range(samples))


class Unfilter:
    """Turns strips back, one after the other."""

    def __init__(self, row: int, samples: int) -> None:
        self._row = row
        self._samples = samples
        self._bits = _bits(row)
        self._above = 0

    def rows(self, strip: bytes) -> bytes:
        """The rows of the next strip."""
        plane = len(strip) // self._samples
        mixed = bytearray(len(strip))
        for sample in range(self._samples):
            mixed[sample :: self._samples] = strip[sample * plane : (sample + 1) * plane]
        high, low = self._bits
        above = self._above
        for begin in range(0, len(mixed), self._row):
            this = int.from_bytes(mixed[begin : begin + self._row], "little")
            above = ((this & low) + (above & low)) ^ ((this ^ above) & high)
            mixed[begin : begin + self._row] = above.to_bytes(self._row, "little")
        self._above = above
        return bytes(mixed)


def _bits(length: int) -> Tuple[int, int]:
    """The highest bit of each of ``length`` bytes, and all others."""
    return int.from_bytes(b"\x80" * length, "little"), int.from_bytes(b"\x7f" * length, "little")
