"""What refining begins with: the active layer, or the visible picture where that layer cannot be meant."""

from typing import Iterator, Optional, Sequence

from velatura_protocol.images import Rect

from .editor import Document
from .placement import Node, Stack

#: Asked while the person works, so only so many rows of a layer are looked at.
_SAMPLED_ROWS = 16
_IS_SOMETHING = bytes([0, *([255] * 255)])
_IS_OPAQUE = bytes([*([0] * 255), 255])


def layer_to_refine(document: Document, area: Optional[Rect] = None) -> str:
    """Key of the active layer; "" = the visible picture, as that layer is empty, hidden, covered or has no pixels.

    ``area``: only this part counts, such as the bounds of the selection.
    """
    key = document.active_layer()
    stack = Stack(document.layers())
    node = stack.find(key)
    if node is None or not node.is_seen:
        return ""
    canvas = Rect(0, 0, document.width, document.height)
    limit = canvas if area is None else canvas.intersection(area)
    leaves = list(_leaves(node))
    if any(_shows_something(document, leaf, limit, node) for leaf in leaves):
        return key
    return ""


def _shows_something(document: Document, leaf: Node, limit: Rect, of: Node) -> bool:
    """Whether a pixel of ``leaf`` can be seen in one of the rows that are looked at."""
    bounds = document.layer_bounds(leaf.key)
    part = bounds.intersection(limit) if bounds is not None else Rect(0, 0, 0, 0)
    if part.is_empty:
        return False
    covers = [cover for cover in _opaque_above(of) if _touches(document, cover, part)]
    return any(_row_shows(document, leaf, covers, row) for row in _rows(part))


def _row_shows(document: Document, leaf: Node, covers: Sequence[Node], row: Rect) -> bool:
    # a whole row as one number: no loop over pixels in Python
    shown = _number(document.layer_alpha(leaf.key, row).translate(_IS_SOMETHING))
    for cover in covers:
        if not shown:
            break
        shown &= ~_number(document.layer_alpha(cover.key, row).translate(_IS_OPAQUE))
    return bool(shown)


def _rows(rect: Rect) -> Iterator[Rect]:
    count = min(_SAMPLED_ROWS, rect.height)
    for index in range(count):
        yield Rect(rect.x, rect.y + rect.height * (2 * index + 1) // (2 * count), rect.width, 1)


def _opaque_above(node: Node) -> Iterator[Node]:
    """The layers above it that hide what they cover."""
    for level in node.lineage():
        for sibling in level.above():
            yield from _opaque_leaves(sibling)


def _opaque_leaves(node: Node) -> Iterator[Node]:
    if node.layer.is_visible and node.layer.is_plain:
        if node.layer.kind == "group":
            for child in node.children:
                yield from _opaque_leaves(child)
        elif node.layer.kind != "filter":
            yield node


def _leaves(node: Node) -> Iterator[Node]:
    """The visible layers with pixels that it is or holds."""
    if node.layer.kind == "group":
        for child in node.children:
            if child.layer.is_visible:
                yield from _leaves(child)
    elif node.layer.kind != "filter":
        yield node


def _touches(document: Document, node: Node, rect: Rect) -> bool:
    bounds = document.layer_bounds(node.key)
    return bounds is not None and not bounds.intersection(rect).is_empty


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
