"""The part of a picture in which there is paint."""

from velatura_protocol.images import Rect

from .editor import Pixels


def painted_rect(pixels: Pixels, x: int = 0, y: int = 0) -> Rect:
    """The smallest rectangle around all that is not fully transparent, with the picture's corner at ``x``, ``y``.

    All of it where there is no alpha channel; of zero width when there is no paint. No loop over pixels in Python:
    10 ms for 1024 x 1024.
    """
    width = pixels.width
    if len(pixels.channels) < 4:
        return Rect(x, y, width, pixels.height)
    alpha = bytes(memoryview(pixels.data).cast("B")[3::4])
    end = len(alpha.rstrip(b"\0"))
    if end == 0:
        return Rect(x, y, 0, 0)
    top, bottom = (len(alpha) - len(alpha.lstrip(b"\0"))) // width, (end - 1) // width + 1
    columns = 0
    for row in range(top, bottom):
        columns |= int.from_bytes(alpha[row * width : (row + 1) * width], "big")
    used = columns.to_bytes(width, "big")
    left, right = width - len(used.lstrip(b"\0")), len(used.rstrip(b"\0"))
    return Rect(x + left, y + top, right - left, bottom - top)
