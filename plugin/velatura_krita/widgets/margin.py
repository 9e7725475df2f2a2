"""Small pictures of soft selections are mostly transparent margin."""

from typing import Any

from ..pixels import pixels_of_image
from ..qt import QImage


def without_margin(image: Any) -> Any:
    """The part of a small picture (QImage) that is not fully transparent; all of it when nothing is visible."""
    if not image.hasAlphaChannel():
        return image
    pixels = pixels_of_image(image.convertToFormat(QImage.Format.Format_ARGB32))
    width, height = pixels.width, pixels.height
    alpha = bytes(memoryview(pixels.data)[3::4])
    rows = [y for y in range(height) if any(alpha[y * width : (y + 1) * width])]
    columns = [x for x in range(width) if any(alpha[x::width])]
    if not rows:
        return image
    return image.copy(columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
