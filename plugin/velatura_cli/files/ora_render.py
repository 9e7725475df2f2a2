"""What an OpenRaster painting looks like."""

import numpy as np

from velatura_protocol.images import Rect

from .blend import NORMAL, composite
from .ora import Element, OraPainting
from .picture import Rgba


def render(painting: OraPainting, *, without: Element | None = None) -> Rgba:
    """The visible layers on a transparent canvas; ``without`` one of them."""
    canvas = np.zeros((painting.height, painting.width, 4), np.uint8)
    _render_stack(painting, painting.stack, canvas, without)
    return canvas


def render_layer(painting: OraPainting, layer: Element) -> Rgba:
    """One layer's own pixels on a transparent canvas, whether it is visible or not."""
    canvas = np.zeros((painting.height, painting.width, 4), np.uint8)
    rgba, x, y = painting.pixels(layer)
    _lay(canvas, rgba, x, y, NORMAL, 1.0)
    return canvas


def lay_patch(canvas: Rgba, patch: Rgba, x: int, y: int) -> Rgba:
    """A copy of ``canvas`` with ``patch`` on it; unchanged bit for bit where the patch is transparent or not there."""
    result = canvas.copy()
    _lay(result, patch, x, y, NORMAL, 1.0)
    return result


def _render_stack(painting: OraPainting, stack: Element, canvas: Rgba, without: Element | None) -> None:
    for child in reversed(list(stack)):  # the first child is the topmost
        if child is without or child.get("visibility", "visible") == "hidden":
            continue
        operation, opacity = child.get("composite-op", NORMAL), _opacity(child)
        if child.tag == "layer":
            rgba, x, y = painting.pixels(child)
            _lay(canvas, rgba, x, y, operation, opacity)
        elif child.tag == "stack":
            if operation == NORMAL and opacity >= 1 and child.get("isolation", "auto") == "auto":
                _render_stack(painting, child, canvas, without)
            else:
                group = np.zeros_like(canvas)
                _render_stack(painting, child, group, without)
                _lay(canvas, group, 0, 0, operation, opacity)


def _opacity(element: Element) -> float:
    try:
        return min(1.0, max(0.0, float(element.get("opacity", "1"))))
    except ValueError:
        return 1.0


def _lay(canvas: Rgba, rgba: Rgba, x: int, y: int, operation: str, opacity: float) -> None:
    height, width = canvas.shape[:2]
    if operation in ("svg:dst-in", "svg:dst-atop"):
        # these clear what lies outside the source as well
        whole = np.zeros_like(canvas)
        _lay(whole, rgba, x, y, NORMAL, 1.0)
        rgba, x, y = whole, 0, 0
    part = Rect(x, y, rgba.shape[1], rgba.shape[0]).intersection(Rect(0, 0, width, height))
    if part.is_empty:
        return
    target = canvas[part.y : part.bottom, part.x : part.right]
    source = rgba[part.y - y : part.bottom - y, part.x - x : part.right - x]
    target[:] = composite(target, source, operation, opacity)
