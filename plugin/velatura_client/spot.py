"""Where a result belongs: among the layers, and on the canvas."""

import zlib
from dataclasses import dataclass
from typing import Optional

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .anchor import Anchor, anchor
from .editor import Document
from .geometry import Transform
from .placement import place_above
from .texts import tr


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

    def above(self, document: Document, rect: Rect) -> str:
        """Key of the layer to put a result above that covers ``rect`` of the document."""
        canvas = Rect(0, 0, document.width, document.height)
        return place_above(document, self.layer, rect.intersection(canvas), shall_be_seen=self.shall_be_seen)

    def transform(self, document: Document, region: Rect) -> Transform:
        """From the job's coordinates to those of the document now. ``region``: what the result covers, the job's.

        Raises:
            VelaturaError: ``invalid_value`` when it cannot be told.
        """
        found = Transform() if self.anchor is None else self.anchor.transform(document, region)
        if found is None:
            raise VelaturaError(
                "invalid_value",
                tr(
                    "The picture was changed so much meanwhile that the place of this layer is not known any more. "
                    "The layer is kept: choose Insert Waiting Result, then move it to where it belongs."
                ),
            )
        return found


def spot_now(
    document: Document, *, layer: str = "", shall_be_seen: bool = True, selection: str = "", first: Transform = Transform()
) -> Spot:
    """A spot in the document as it is now. ``layer`` "": the active one; ``first``: see ``Anchor``."""
    return Spot(layer or document.active_layer(), shall_be_seen, anchor(document, first), selection)


def selection_mark(document: Document, bounds: Rect) -> str:
    """Tells a selection from others: the same for the same pixels at the same place."""
    mask = memoryview(document.read_mask(bounds).data).cast("B")
    return f"{bounds.x},{bounds.y},{bounds.width},{bounds.height},{zlib.crc32(mask):08x}"
