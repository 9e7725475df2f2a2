"""Between the pixels of an editor-neutral client and those of Krita and Qt (BGRA, 8 bit, straight alpha)."""

from typing import Any, Union

from velatura_client.channels import swapped
from velatura_client.editor import Pixels
from velatura_client.geometry import Turn
from velatura_protocol.errors import VelaturaError

from .qt import QImage, Qt, QTransform


def bgra_bytes(pixels: Pixels) -> Union[bytes, bytearray]:
    """The picture in Krita's order.

    Raises:
        VelaturaError: ``internal`` when the length does not fit. Krita would ignore such data in silence.
    """
    if len(pixels.data) != pixels.width * pixels.height * len(pixels.channels):
        raise VelaturaError(
            "internal",
            f"A result of {pixels.width} x {pixels.height} pixels came with {len(pixels.data)} bytes. "
            "Run the action again; if it comes back, please report it.",
        )
    if pixels.channels == "BGRA":
        return pixels.data if isinstance(pixels.data, (bytes, bytearray)) else bytes(pixels.data)
    if pixels.channels not in ("RGBA", "RGB"):
        raise VelaturaError("internal", f"A result came as {pixels.channels}. Please update Velatura and report it.")
    if pixels.channels == "RGBA":
        return swapped(pixels.data)
    bgra = bytearray(b"\xff") * (4 * pixels.width * pixels.height)
    bgra[0::4], bgra[1::4], bgra[2::4] = pixels.data[2::3], pixels.data[1::3], pixels.data[0::3]
    return bgra


def pixels_of_image(image: Any) -> Pixels:
    """The pixels of a QImage of format ARGB32, whose rows are never padded."""
    data = image.constBits().asstring(4 * image.width() * image.height())
    return Pixels(data, image.width(), image.height(), "BGRA")


def image_of_pixels(pixels: Pixels) -> Any:
    """A QImage of its own memory."""
    image = QImage(bgra_bytes(pixels), pixels.width, pixels.height, 4 * pixels.width, QImage.Format.Format_ARGB32)
    return image.copy()


def fitted(pixels: Pixels, turn: Turn, width: int, height: int) -> Pixels:
    """Turned by ``turn``, then smoothly scaled to ``width`` x ``height``."""
    image = image_of_pixels(pixels)
    if turn.transposed:
        # quarter turns are exact in Qt, a transposing matrix is not
        image = image.transformed(QTransform().rotate(90)).mirrored(True, False)
    if turn.flipped_x or turn.flipped_y:
        image = image.mirrored(turn.flipped_x, turn.flipped_y)
    if (image.width(), image.height()) != (width, height):
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    return pixels_of_image(image.convertToFormat(QImage.Format.Format_ARGB32))
