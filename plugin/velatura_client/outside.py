"""Results that reach beyond the canvas, and a canvas that is large enough for them."""

from typing import Optional

from velatura_protocol.images import MAX_SIDE, Rect

from .editor import Document
from .geometry import around
from .placement import Stack


def canvas_with_results(document: Document) -> Optional[Rect]:
    """The canvas and all that our visible layers reach, in document pixels; None when nothing lies outside."""
    canvas = Rect(0, 0, document.width, document.height)
    stack = Stack(document.layers())
    seen = [node.key for node in stack.every() if node.layer.is_ours and node.is_seen]
    bounds = [rect for rect in map(document.layer_bounds, seen) if rect is not None]
    whole = around([canvas, *bounds])
    is_possible = max(whole.width, whole.height) <= MAX_SIDE
    return whole if whole != canvas and is_possible else None
