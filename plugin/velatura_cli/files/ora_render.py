"""What an OpenRaster painting looks like."""

import dataclasses

import numpy as np

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .blend import CLEARING, NORMAL, composite
from .layer_tree import LayerNode, union_of
from .ora import Element, OraPainting
from .picture import Rgba


def render(
    painting: OraPainting,
    *,
    without: Element | None = None,
    within: Rect | None = None,
    unreadable: list[LayerNode] | None = None,
) -> Rgba:
    """The visible layers on a transparent canvas.

    Args:
        without: a layer that is left out.
        within: the part of the canvas that is wanted; None = all of it.
        unreadable: layers that cannot be read are left out and added to it; None = they are an error.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """
    part = (within or Rect(0, 0, painting.width, painting.height)).intersection(
        Rect(0, 0, painting.width, painting.height)
    )
    children: dict[LayerNode | None, list[LayerNode]] = {}
    for node in painting.nodes():
        if node.is_shown and node.element is not without:
            children.setdefault(node.parent, []).append(node)
    ground = _Ground(np.zeros((part.height, part.width, 4), np.uint8), part.x, part.y)
    _Renderer(painting, children, unreadable).render_group(None, ground)
    return ground.pixels


def render_layer(painting: OraPainting, layer: Element) -> Rgba:
    """One layer's own pixels on a transparent canvas, whether it is visible or not."""
    ground = _Ground(np.zeros((painting.height, painting.width, 4), np.uint8), 0, 0)
    rgba, x, y = painting.pixels(layer)
    ground.lay(rgba, x, y, NORMAL, 1.0)
    return ground.pixels


def lay_patch(canvas: Rgba, patch: Rgba, x: int, y: int) -> Rgba:
    """A copy of ``canvas`` with ``patch`` on it; unchanged bit for bit where the patch is transparent or not there."""
    ground = _Ground(canvas.copy(), 0, 0)
    ground.lay(patch, x, y, NORMAL, 1.0)
    return ground.pixels


def merged_with_patch(painting: OraPainting, before: Rgba, patch: Rgba, x: int, y: int) -> Rgba:
    """What ``painting`` looks like now that the layer ``patch`` is in it, its top left corner at ``x``, ``y``.

    Rendered where the patch is; elsewhere ``before``, the pixels that the painting's own program stored, bit for bit.
    Where some layer cannot be read, ``before`` is all that shows it, and the patch lies on that.
    """
    area = Rect(x, y, patch.shape[1], patch.shape[0]).intersection(Rect(0, 0, before.shape[1], before.shape[0]))
    unreadable: list[LayerNode] = []
    made = render(painting, within=area, unreadable=unreadable)
    if any(node.is_seen for node in unreadable):
        return lay_patch(before, patch, x, y)
    result = before.copy()
    covered = patch[area.y - y : area.bottom - y, area.x - x : area.right - x, 3:] > 0
    target = result[area.y : area.bottom, area.x : area.right]
    target[:] = np.where(covered, made, target)
    return result


@dataclasses.dataclass(frozen=True)
class _Ground:
    """Pixels that are painted on, and the place of their top left corner in the canvas."""

    pixels: Rgba
    x: int
    y: int

    @property
    def rect(self) -> Rect:
        return Rect(self.x, self.y, self.pixels.shape[1], self.pixels.shape[0])

    def lay(self, rgba: Rgba, x: int, y: int, operation: str, opacity: float) -> None:
        """``rgba`` with its corner at ``x``, ``y`` of the canvas."""
        part = self.rect.intersection(Rect(x, y, rgba.shape[1], rgba.shape[0]))
        rows = slice(part.y - self.y, part.bottom - self.y)
        columns = slice(part.x - self.x, part.right - self.x)
        if operation in CLEARING:
            kept = self.pixels[rows, columns].copy()
            self.pixels[:] = 0
            if not part.is_empty:
                self.pixels[rows, columns] = kept
        if not part.is_empty:
            source = rgba[part.y - y : part.bottom - y, part.x - x : part.right - x]
            self.pixels[rows, columns] = composite(self.pixels[rows, columns], source, operation, opacity)


class _Renderer:
    def __init__(
        self,
        painting: OraPainting,
        children: dict[LayerNode | None, list[LayerNode]],
        unreadable: list[LayerNode] | None,
    ) -> None:
        """``children``: what is shown of each group, the topmost first; None = of the painting itself."""
        self._painting = painting
        self._children = children
        self._unreadable = unreadable
        self._bounds: dict[LayerNode, Rect] = {}

    def render_group(self, group: LayerNode | None, ground: _Ground) -> None:
        for node in reversed(self._children.get(group, [])):
            if not node.is_group:
                self._lay_layer(node, ground)
            elif not node.is_isolated:
                self.render_group(node, ground)
            else:
                # no larger than what is in it: a painting may have thousands of groups
                area = self._bounds_of(node).intersection(ground.rect)
                alone = _Ground(np.zeros((area.height, area.width, 4), np.uint8), area.x, area.y)
                self.render_group(node, alone)
                ground.lay(alone.pixels, area.x, area.y, node.operation, node.opacity)

    def _lay_layer(self, node: LayerNode, ground: _Ground) -> None:
        bounds = self._bounds_of(node)
        is_beside = not bounds.is_empty and bounds.intersection(ground.rect).is_empty
        if is_beside and node.operation not in CLEARING:
            return
        try:
            rgba = self._painting.picture(node)
        except VelaturaError:
            if self._unreadable is None:
                raise
            self._unreadable.append(node)
            return
        ground.lay(rgba, node.x, node.y, node.operation, node.opacity)

    def _bounds_of(self, node: LayerNode) -> Rect:
        if node not in self._bounds:
            if node.is_group:
                bounds = union_of([self._bounds_of(child) for child in self._children.get(node, [])])
            else:
                bounds = self._painting.bounds(node)
            self._bounds[node] = bounds
        return self._bounds[node]
