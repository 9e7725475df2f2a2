"""Layers and pixels in 8-bit sRGB, which is what results arrive in and what the daemon is given.

Krita converts a layer by an undo step of the document that the layer was made in, even while it is in no document. So
where something must be converted, that happens in a workshop: a document without a view, which is closed again at once.
"""

from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Iterator, Tuple

from krita import Krita

from velatura_protocol.images import Rect

from .qt import QByteArray

#: Colour model, depth and profile.
SRGB = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")


def new_layer(document: Any, name: str) -> Any:
    """A paint layer in sRGB that is in no document yet. Krita shows it rightly in documents of every colour model."""
    if colour_space(document) == SRGB:
        return document.createNode(name, "paintlayer")
    layer = _layer_of_workshop().clone()
    layer.setName(name)
    return layer


def srgb_pixels(layer: Any, rect: Rect) -> Any:
    """A layer with its masks, or a group, alone, as QByteArray of BGRA with straight alpha."""
    place = (rect.x, rect.y, rect.width, rect.height)
    pixels: QByteArray = layer.projectionPixelData(*place)
    if colour_space(layer) == SRGB:
        return pixels
    with _workshop(colour_space(layer)) as workshop:
        converter = workshop.createNode("", "paintlayer")
        converter.setPixelData(pixels, *place)
        converter.setColorSpace(*SRGB)
        return converter.pixelData(*place)


def colour_space(owner: Any) -> Tuple[str, str, str]:
    """Of a document or layer."""
    return owner.colorModel(), owner.colorDepth(), owner.colorProfile()


@lru_cache(maxsize=1)
def _layer_of_workshop() -> Any:
    """An empty layer to make copies of. It outlives its workshop, which takes Krita 0.3 s to open and close."""
    with _workshop(SRGB) as workshop:
        return workshop.createNode("", "paintlayer")


@contextmanager
def _workshop(space: Tuple[str, str, str]) -> Iterator[Any]:
    document = Krita.instance().createDocument(1, 1, "", *space, 72.0)
    try:
        yield document
    finally:
        document.waitForDone()  # no time, as nothing is under way; but never close a document at work
        document.setModified(False)
        document.close()
