"""The layers of an OpenRaster painting as ``velatura_client.placement`` asks for them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from velatura_client.editor import Layer
from velatura_client.placement import place_above
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .files.blend import NORMAL
from .files.layer_tree import LayerNode
from .files.ora import Element, OraPainting

#: These clear what lies outside of their own picture as well.
_EVERYWHERE = ("svg:dst-in", "svg:dst-atop", "svg:src-in", "svg:src-out")


def place_in_painting(
    painting: OraPainting, layer: Element | None, rect: Rect, *, shall_be_seen: bool
) -> Element | None:
    """The layer or group to put a result directly above, None = on top: as in ``place_above``.

    ``layer`` None: the topmost. ``rect``: what the result covers, canvas pixels.
    """
    layers = _OraLayers(painting)
    key = next((key for key, node in layers.nodes.items() if node.element is layer), "")
    found = layers.nodes.get(place_above(layers, key, rect, shall_be_seen=shall_be_seen))
    return None if found is None else found.element


class _OraLayers:
    """``nodes``: by keys, which are numbers, the topmost first."""

    def __init__(self, painting: OraPainting) -> None:
        self._painting = painting
        self.nodes: dict[str, LayerNode] = {str(number): node for number, node in enumerate(painting.nodes())}
        self._last: tuple[str, NDArray[np.uint8] | None] = ("", None)

    def layers(self) -> Sequence[Layer]:
        return tuple(self._layer(key, node) for key, node in self.nodes.items())

    def layer_alpha(self, layer: str, rect: Rect) -> bytes:
        """A layer that cannot be read is not seen, so it covers nothing."""
        node = self.nodes[layer]
        bounds = self._painting.bounds(node)
        part = bounds.intersection(rect)
        if part.is_empty:
            return b""
        alpha = self._alpha(layer)
        if alpha is None:
            return b""
        x, y = part.x - bounds.x, part.y - bounds.y
        return np.ascontiguousarray(alpha[y : y + part.height, x : x + part.width]).tobytes()

    def _alpha(self, layer: str) -> NDArray[np.uint8] | None:
        """(height, width); None when it cannot be read. Layers are asked for strip by strip: the last one is kept."""
        if self._last[0] != layer:
            try:
                self._last = (layer, self._painting.picture(self.nodes[layer])[..., 3])
            except VelaturaError:
                self._last = (layer, None)
        return self._last[1]

    def _layer(self, key: str, node: LayerNode) -> Layer:
        return Layer(
            key=key,
            name=node.name,
            kind="group" if node.is_group else "paint",
            depth=node.depth,
            is_visible=node.is_shown and node.opacity > 0,
            is_plain=node.opacity >= 1 and node.operation == NORMAL,
            is_ours=not node.is_group and self._painting.is_ours(node),
            reaches_beyond=node.operation in _EVERYWHERE,
        )
