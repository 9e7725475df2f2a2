"""What of a selection decides where is painted: one rule for selections in an editor and masks from files."""

from typing import Callable, List, Optional, Tuple

from velatura_protocol.images import Rect

from .editor import Document

#: Values up to this, of 255, blend like any others but do not decide the region: a single stray pixel of 1 in a corner
#: would stretch it over the whole canvas, and the model would run at a fraction of the size that the hole needs.
#: Such pixels come from resampling, from brushes that fade out, and from lossy files: 16 pixels and more beside an
#: edge, JPEG leaves 0 and WEBP up to 5 (at quality 30 to 90). A fiftieth of a repaint is not seen where it is cut off.
DIRT = 5
#: Rows or columns that are read at a time.
_STRIP = 64
_DECIDES = bytes(255 if value > DIRT else 0 for value in range(256))


def deciding_value(strongest: int) -> int:
    """The least value, 1..255, of the pixels that decide the region, where the selection's greatest is ``strongest``.

    A selection that is faint everywhere is all that was selected: there everything decides.
    """
    return DIRT + 1 if strongest > DIRT else 1


def deciding_bounds(document: Document, bounds: Rect) -> Rect:
    """The part of a selection's ``bounds`` that decides the region. Reads no more of the selection than it has to."""
    rows = _first_and_last(bounds.height, lambda at, size: _read(document, bounds, at, size, are_columns=False))
    if rows is None:
        return bounds  # faint everywhere: all of it was selected
    top, bottom = rows
    inside = Rect(bounds.x, bounds.y + top, bounds.width, bottom + 1 - top)
    columns = _first_and_last(inside.width, lambda at, size: _read(document, inside, at, size, are_columns=True))
    left, right = columns or (0, inside.width - 1)
    return Rect(inside.x + left, inside.y, right + 1 - left, inside.height)


def _read(document: Document, rect: Rect, at: int, size: int, *, are_columns: bool) -> List[bool]:
    """Whether anything decides in each of ``size`` rows or columns from ``at`` on."""
    if are_columns:
        part = Rect(rect.x + at, rect.y, size, rect.height)
        data = bytes(document.read_mask(part).data).translate(_DECIDES)
        return [any(data[column::size]) for column in range(size)]
    part = Rect(rect.x, rect.y + at, rect.width, size)
    data = bytes(document.read_mask(part).data).translate(_DECIDES)
    return [any(data[row * rect.width : (row + 1) * rect.width]) for row in range(size)]


def _first_and_last(length: int, read: Callable[[int, int], List[bool]]) -> Optional[Tuple[int, int]]:
    """Of the rows or columns in which something decides; None when there is none. ``read(at, size)`` looks at some."""
    for at in range(0, length, _STRIP):
        found = read(at, min(_STRIP, length - at))
        if any(found):
            first = at + found.index(True)
            break
    else:
        return None
    for end in range(length, first, -_STRIP):
        at = max(first, end - _STRIP)
        found = read(at, end - at)
        if any(found):
            return first, end - 1 - found[::-1].index(True)
    return first, first
