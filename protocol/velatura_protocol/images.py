"""How pixels travel: raw rows in a blob frame, described by an ``ImageRef`` in the body."""

from dataclasses import dataclass
from typing import Sequence

from .errors import ProtocolError

#: Bytes of one sample.
BYTES_OF_DTYPE = {"u8": 1, "u16": 2, "f16": 2, "f32": 4}
#: Channel layouts. ``Y`` is a single grey, mask or depth channel. Alpha is straight, never premultiplied.
CHANNEL_LAYOUTS = ("Y", "RGB", "RGBA", "BGRA")
COLOUR_SPACES = ("srgb", "linear-srgb", "none")
#: What a sample means. ``mask``: 0 = keep, full scale = repaint, between = repaint in part.
MEANINGS = ("colour", "mask", "control")
#: The longest side that any message may name, in pixels. Bounds arithmetic and allocation.
MAX_SIDE = 32768


@dataclass(frozen=True)
class Rect:
    """A rectangle in document pixels; x grows to the right, y downwards. May start left of or above the canvas."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of the rectangle."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the rectangle."""
        return self.y + self.height

    @property
    def is_empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def intersection(self, other: "Rect") -> "Rect":
        """The common part; of zero width and height when there is none."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.right, other.right) - left, min(self.bottom, other.bottom) - top
        return Rect(left, top, width, height) if width > 0 and height > 0 else Rect(left, top, 0, 0)

    def grown(self, pixels: int) -> "Rect":
        """The rectangle with ``pixels`` more on each of its four sides."""
        return Rect(self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels)


@dataclass(frozen=True)
class ImageRef:
    """Names the blob frame that holds an image and says how to read it.

    Attributes:
        blob: index among the blob frames of this message, from 0.
        width: pixels in a row. height: rows.
        channels: one of ``CHANNEL_LAYOUTS``.
        dtype: one of ``BYTES_OF_DTYPE``; little-endian. Integers use their full range, floats 0..1.
        colour_space: one of ``COLOUR_SPACES``; ``none`` for masks and control maps.
        meaning: one of ``MEANINGS``.
        rows: always ``top-down``: the first row is the topmost, rows are tightly packed.
    """

    blob: int
    width: int
    height: int
    channels: str = "RGBA"
    dtype: str = "u8"
    colour_space: str = "srgb"
    meaning: str = "colour"
    rows: str = "top-down"

    @property
    def byte_count(self) -> int:
        """Length that the blob must have."""
        return self.width * self.height * len(self.channels) * BYTES_OF_DTYPE[self.dtype]


def check_image(image: ImageRef, blob_sizes: Sequence[int], path: str) -> None:
    """Raise ``ProtocolError`` unless ``image`` is well formed and its blob has exactly the length that it claims.

    Called on the numbers alone, before anything is allocated for the image.
    """
    for name, value, allowed in (
        ("channels", image.channels, CHANNEL_LAYOUTS),
        ("dtype", image.dtype, tuple(BYTES_OF_DTYPE)),
        ("colour_space", image.colour_space, COLOUR_SPACES),
        ("meaning", image.meaning, MEANINGS),
        ("rows", image.rows, ("top-down",)),
    ):
        if value not in allowed:
            raise ProtocolError("bad_message", f"{path}.{name} must be one of {', '.join(allowed)}.")
    if not (1 <= image.width <= MAX_SIDE and 1 <= image.height <= MAX_SIDE):
        raise ProtocolError(
            "image_too_large",
            f"{path} is {image.width} x {image.height} pixels; each side must be 1 to {MAX_SIDE}.",
        )
    if not 0 <= image.blob < len(blob_sizes):
        raise ProtocolError("bad_message", f"{path} names blob {image.blob}, but there are {len(blob_sizes)}.")
    if blob_sizes[image.blob] != image.byte_count:
        raise ProtocolError(
            "bad_message",
            f"{path} needs {image.byte_count} bytes for {image.width} x {image.height} {image.channels} "
            f"{image.dtype}, but its blob has {blob_sizes[image.blob]}.",
        )
