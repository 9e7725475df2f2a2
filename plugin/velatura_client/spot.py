"""Where a result belongs: among the layers, and on the canvas."""

import zlib
from dataclasses import dataclass, replace
from typing import Optional, Sequence

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .anchor import Anchor, anchor
from .editor import Document, NewLayer
from .geometry import TURNS, UNCHANGED, Transform, around
from .painted_rect import painted_rect
from .placement import place_above
from .texts import tr

_NOTHING = Rect(0, 0, 0, 0)


@dataclass(frozen=True)
class Spot:
    """Taken when a job's pixels are read, used when its result comes.

    Attributes:
        layer: key of the layer that the painter worked on, or that was read.
        shall_be_seen: the result was made from all that is seen, so it must not come beneath anything.
        anchor: traces of the picture; None = the coordinates are those of the document as it will be then.
        selection: which selection it was made for, "" = none.
    """

    layer: str
    shall_be_seen: bool = True
    anchor: Optional[Anchor] = None
    selection: str = ""

    def above(self, document: Document, layers: Sequence[NewLayer]) -> str:
        """Key of the layer to put these directly above, which are where they belong in the document already."""
        canvas = Rect(0, 0, document.width, document.height)

        def place(rect: Rect) -> str:
            inside = rect.intersection(canvas)
            return place_above(document, self.layer, inside, shall_be_seen=self.shall_be_seen)

        found = place(around([layer.rect for layer in layers]))
        if found == place(_NOTHING):
            return found
        # something lies above: perhaps only above a transparent margin, which takes longer to see
        painted = [painted_rect(layer.pixels, layer.x, layer.y) for layer in layers]
        return place(around([rect for rect in painted if not rect.is_empty] or [_NOTHING]))

    def transform(self, document: Document, region: Rect) -> Transform:
        """From the job's coordinates to those of the document now. ``region``: what the result covers, the job's.

        Raises:
            VelaturaError: ``invalid_value`` when it cannot be told.
        """
        found = UNCHANGED if self.anchor is None else self.anchor.transform(document, region)
        if found is None:
            raise VelaturaError(
                "invalid_value",
                tr(
                    "The picture was changed so much meanwhile that the place of this layer is not known any more. "
                    "The layer is kept: choose Insert Waiting Result, then move it to where it belongs."
                ),
            )
        return found

    def renewed(self, document: Document, region: Rect) -> "Spot":
        """The same spot with the traces of now. ``region``, raises: as for ``transform``."""
        first = self.transform(document, region)
        return replace(self, anchor=anchor(document, first))


def laid(document: Document, layer: NewLayer, transform: Transform) -> NewLayer:
    """The layer where ``transform`` lays it, its pixels turned and scaled likewise."""
    place = transform.rect(layer.rect)
    pixels = layer.pixels
    if not transform.keeps_pixels:
        pixels = document.fitted(pixels, transform, place.width, place.height)
    return replace(layer, pixels=pixels, x=place.x, y=place.y)


class PlaceInNow:
    """Follows a rectangle of the job's coordinates while its previews are shown, as far as that is cheap."""

    def __init__(self, spot: Spot, rect: Rect) -> None:
        self._spot = spot
        self._rect = rect
        self._size = (0, 0)
        self._place: Optional[Rect] = None

    def find(self, document: Document) -> Optional[Rect]:
        """Looked for anew when the picture has another size; None when it is not known, or lies turned."""
        size = (document.width, document.height)
        if size != self._size:
            self._size = size
            try:
                found = self._spot.transform(document, self._rect)
                self._place = found.rect(self._rect) if found.turn == TURNS[0] else None
            except VelaturaError:
                self._place = None
        return self._place


def spot_now(
    document: Document,
    *,
    layer: str = "",
    shall_be_seen: bool = True,
    selection: str = "",
    first: Transform = UNCHANGED,
) -> Spot:
    """A spot in the document as it is now. ``layer`` "": the active one; ``first``: see ``Anchor``."""
    return Spot(layer or document.active_layer(), shall_be_seen, anchor(document, first), selection)


def selection_mark(document: Document, bounds: Rect) -> str:
    """Tells a selection from others: the same for the same pixels at the same place."""
    mask = memoryview(document.read_mask(bounds).data).cast("B")
    return f"{bounds.x},{bounds.y},{bounds.width},{bounds.height},{zlib.crc32(mask):08x}"
