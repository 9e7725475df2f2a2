"""What an OpenRaster painting looks like."""

import numpy as np

from velatura_protocol.images import Rect

from .blend import NORMAL, composite
from .layer_tree import LayerNode
from .ora import Element, OraPainting
from .picture import Rgba


def render(painting: OraPainting, *, without: Element | None = None) -> Rgba:
    """The visible layers on a transparent canvas; ``without`` one of them."""
    canvas = np.zeros((painting.height, painting.width, 4), np.uint8)
    children: dict[LayerNode | None, list[LayerNode]] = {}
    for node in painting.nodes():
        if node.is_shown and node.element is not without:
            children.setdefault(node.parent, []).append(node)
    _render_group(painting, None, children, canvas)
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


def _render_group(
    painting: OraPainting, group: LayerNode | None, children: dict[LayerNode | None, list[LayerNode]], canvas: Rgba
) -> None:
    """What ``group`` holds onto ``canvas``. ``children``: what is shown of each group, the topmost first."""
    for node in reversed(children.get(group, [])):
        if not node.is_group:
            _lay(canvas, painting.picture(node), node.x, node.y, node.operation, node.opacity)
        elif not node.is_isolated:
            _render_group(painting, node, children, canvas)
        else:
            alone = np.zeros_like(canvas)
            _render_group(painting, node, children, alone)
            _lay(canvas, alone, 0, 0, node.operation, node.opacity)


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
