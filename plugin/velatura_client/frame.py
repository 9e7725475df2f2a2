"""The rectangle that a job knows as its canvas: the document, or more when a selection reaches beyond it.

The daemon counts from the top left corner of what it is told is the canvas. Where that is not the document's own, this
translates.
"""

from typing import Optional, Protocol, Sequence

from velatura_protocol.images import Rect

from .editor import Buffer, Document, Pixels

#: Told often, so only a sample of a large selection is looked at.
_SAMPLED_PIXELS = 1 << 16
_SAMPLED_ROWS = 16
_IS_ZERO = bytes([255, *([0] * 255)])


class PixelSource(Protocol):
    """Where a request's pixels come from; ``rect`` is the region. ``document`` as in ``GenerationRequest``."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def document(self) -> Optional[Rect]: ...

    def read_canvas(self, rect: Rect) -> Pixels: ...

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels: ...

    def read_mask(self, rect: Rect) -> Pixels: ...


class Frame:
    """A document's pixels in the coordinates of a rectangle over it.

    Attributes:
        x, y: of the frame's corner, in document pixels; 0, 0 unless it reaches beyond the left or upper border.
        without: keys of layers that are left out of what is seen.
    """

    def __init__(self, document: Document, bounds: Rect) -> None:
        self._document = document
        self._bounds = bounds
        self.without: Sequence[str] = ()

    @property
    def x(self) -> int:
        return self._bounds.x

    @property
    def y(self) -> int:
        return self._bounds.y

    @property
    def width(self) -> int:
        return self._bounds.width

    @property
    def height(self) -> int:
        return self._bounds.height

    @property
    def document(self) -> Optional[Rect]:
        """Where the document lies in the frame; None = it is the frame."""
        canvas = _canvas(self._document)
        return None if canvas == self._bounds else self.from_document(canvas)

    def from_document(self, rect: Rect) -> Rect:
        return Rect(rect.x - self.x, rect.y - self.y, rect.width, rect.height)

    def to_document(self, rect: Rect) -> Rect:
        return Rect(rect.x + self.x, rect.y + self.y, rect.width, rect.height)

    def read_canvas(self, rect: Rect) -> Pixels:
        return self._document.read_canvas(self.to_document(rect), self.without)

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:
        return self._document.read_layer(self.to_document(rect), layer)

    def read_mask(self, rect: Rect) -> Pixels:
        return self._document.read_mask(self.to_document(rect))


def canvas_frame(document: Document) -> Frame:
    """The document itself."""
    return Frame(document, _canvas(document))


def frame_around(document: Document, selection: Rect) -> Frame:
    """The document and all of the selection: what extending a picture needs."""
    canvas = _canvas(document)
    left, top = min(canvas.x, selection.x), min(canvas.y, selection.y)
    right, bottom = max(canvas.right, selection.right), max(canvas.bottom, selection.bottom)
    return Frame(document, Rect(left, top, right - left, bottom - top))


def reaches_nothing(document: Document, selection: Rect) -> bool:
    """Whether something is selected where the picture is fully transparent, or beyond the canvas.

    Of a large selection a few rows are looked at, so that this can be asked while the person works.
    """
    if selection.intersection(_canvas(document)) != selection:
        return True
    if selection.width * selection.height <= _SAMPLED_PIXELS:
        return _selects_nothing(document, selection)
    last = selection.height - 1
    rows = sorted({last * index // (_SAMPLED_ROWS - 1) for index in range(_SAMPLED_ROWS)})
    return any(_selects_nothing(document, Rect(selection.x, selection.y + row, selection.width, 1)) for row in rows)


def _selects_nothing(document: Document, rect: Rect) -> bool:
    canvas = document.read_canvas(rect)
    if len(canvas.channels) < 4:
        return False
    # masks over whole rows as one number each: no loop over pixels in Python
    transparent = _every(canvas.data, 4, start=3).translate(_IS_ZERO)
    selected = _every(document.read_mask(rect).data, 1)
    return bool(int.from_bytes(transparent, "big") & int.from_bytes(selected, "big"))


def _every(data: Buffer, step: int, start: int = 0) -> bytes:
    return bytes(memoryview(data).cast("B")[start::step])


def _canvas(document: Document) -> Rect:
    return Rect(0, 0, document.width, document.height)
