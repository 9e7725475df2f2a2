"""A document of layers in memory, for the rules of the client: where results go, and what they follow.

What real Krita does is tested in real Krita; here thousands of documents are tried in seconds.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from velatura_cli.files.blend import CLEARING, NORMAL, composite
from velatura_client.editor import Layer, NewLayer, Pixels
from velatura_client.geometry import Transform
from velatura_protocol.images import Rect

_keys = itertools.count(1)


@dataclass(eq=False)
class Node:
    """``rgba``: (height, width, 4) uint8 at ``x``, ``y``; None for a group. ``children``: from the bottom up."""

    name: str
    rgba: np.ndarray | None = None
    x: int = 0
    y: int = 0
    children: "list[Node]" = field(default_factory=list)
    is_visible: bool = True
    opacity: float = 1.0
    operation: str = NORMAL
    inverts: bool = False
    recipe: str = ""
    key: str = field(default_factory=lambda: f"layer-{next(_keys)}")

    @property
    def kind(self) -> str:
        if self.inverts:
            return "filter"
        return "group" if self.rgba is None else "paint"

    @property
    def is_plain(self) -> bool:
        return self.opacity == 1 and self.operation == NORMAL

    @property
    def reaches_beyond(self) -> bool:
        return self.operation in CLEARING


class LayeredDocument:
    """Implements ``velatura_client.editor.Document``; ``busy``: tasks wait until ``release``."""

    def __init__(self, width: int, height: int, nodes: Sequence[Node] = ()) -> None:
        self.width, self.height = width, height
        self.nodes = list(nodes)
        self.active = ""
        self.selected: np.ndarray | None = None
        self.attachments: dict[str, bytes] = {}
        self.open = True
        self.key = f"document-{next(_keys)}"
        self._drawn = _empty(self)
        self._drawn_state: list[object] = []

    # --- what the client calls --------------------------------------------------------------------------------------

    def is_open(self) -> bool:
        return self.open

    def selection_bounds(self) -> Rect | None:
        if self.selected is None or not self.selected.any():
            return None
        return _bounds(self.selected, 0, 0)

    def read_canvas(self, rect: Rect, without: Sequence[str] = ()) -> Pixels:
        return _pixels(self.rendered(without), rect)

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:
        node = self.find(layer or self.active)
        return _pixels(self._laid(_empty(self), node, ()), rect)

    def read_mask(self, rect: Rect) -> Pixels:
        mask = np.zeros((self.height, self.width), np.uint8) if self.selected is None else self.selected
        part = _cut(mask, rect)
        return Pixels(part.reshape(-1).data, rect.width, rect.height, "Y")

    def layer_alpha(self, layer: str, rect: Rect) -> bytes:
        node = self.find(layer)
        if node is None or node.rgba is None:
            return bytes(rect.width * rect.height)
        moved = Rect(rect.x - node.x, rect.y - node.y, rect.width, rect.height)
        return _cut(node.rgba[..., 3], moved).tobytes()

    def layer_bounds(self, layer: str) -> Rect | None:
        node = self.find(layer)
        return None if node is None or node.rgba is None else _bounds(node.rgba[..., 3], node.x, node.y)

    def layers(self) -> Sequence[Layer]:
        return tuple(_listed(self.nodes, 0))

    def active_layer(self) -> str:
        return self.active

    def when_free(self, task: Callable[[], None]) -> None:
        task()

    def insert_layer(self, layer: NewLayer, *, above: str) -> str:
        node = _node(layer)
        self._insert(node, above)
        return node.key

    def insert_group(self, name: str, layers: Sequence[NewLayer], *, above: str) -> Sequence[str]:
        nodes = [_node(layer) for layer in layers]
        self._insert(Node(name, children=nodes), above)
        return [node.key for node in nodes]

    def recipe_of(self, layer: str) -> str:
        node = self.find(layer)
        return node.recipe if node is not None else ""

    def keep_attachment(self, name: str, data: bytes) -> None:
        self.attachments[name] = data

    def attachment(self, name: str) -> bytes:
        return self.attachments.get(name, b"")

    def resize_canvas(self, rect: Rect) -> None:
        self.change(Transform(x=-rect.x, y=-rect.y), rect.width, rect.height)

    def fitted(self, pixels: Pixels, transform: Transform, width: int, height: int) -> Pixels:
        rgba = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 4)
        turned = _turned(rgba, transform)
        scaled = np.asarray(Image.fromarray(turned).resize((width, height), Image.Resampling.BILINEAR))
        return Pixels(scaled.reshape(-1).data, width, height, "RGBA")

    # --- what a painter does ----------------------------------------------------------------------------------------

    def find(self, key: str) -> Node | None:
        return next((node for node in self.every() if node.key == key), None)

    def every(self) -> Iterator[Node]:
        pending = list(self.nodes)
        while pending:
            node = pending.pop()
            yield node
            pending += node.children

    def siblings(self, node: Node) -> list[Node]:
        return next(level for level in (self.nodes, *(each.children for each in self.every())) if node in level)

    def rendered(self, without: Sequence[str] = ()) -> np.ndarray:
        """Not drawn anew while nothing is replaced; pixels are never changed in place."""
        state = [
            tuple(without),
            self.width,
            self.height,
            *((n.key, id(n.rgba), n.x, n.y, n.is_visible, n.opacity, n.operation) for n in self.every()),
        ]
        if state != self._drawn_state:
            canvas = _empty(self)
            for node in self.nodes:
                canvas = self._laid(canvas, node, without)
            self._drawn, self._drawn_state = canvas, state
            self._drawn_from = [node.rgba for node in self.every()]  # so that no id is used again
        return self._drawn

    def flatten(self) -> None:
        self.nodes = [Node("flat", self.rendered().copy())]

    def change(self, transform: Transform, width: int, height: int, *, clips: bool = False) -> None:
        """All layers and the selection, by a transform; ``clips``: what lies outside of the canvas then is cut off."""
        for node in self.every():
            if node.rgba is not None and node.rgba.size:
                place = transform.rect(Rect(node.x, node.y, node.rgba.shape[1], node.rgba.shape[0]))
                turned = Image.fromarray(_turned(node.rgba, transform))
                node.rgba = np.asarray(turned.resize((place.width, place.height), Image.Resampling.BILINEAR)).copy()
                node.x, node.y = place.x, place.y
                if clips:
                    part = place.intersection(Rect(0, 0, width, height))
                    moved = replace(part, x=part.x - place.x, y=part.y - place.y)
                    node.rgba, node.x, node.y = _cut(node.rgba, moved), part.x, part.y
        if self.selected is not None:
            place = transform.rect(Rect(0, 0, self.width, self.height))
            turned = Image.fromarray(_turned(self.selected, transform)).resize((place.width, place.height))
            whole = np.asarray(turned)
            self.selected = _cut(whole, Rect(-place.x, -place.y, width, height))
        self.width, self.height = width, height

    def _laid(self, canvas: np.ndarray, node: Node | None, without: Sequence[str]) -> np.ndarray:
        if node is None or node.key in without or not node.is_visible or node.opacity == 0:
            return canvas
        if node.inverts:
            inverted = canvas.copy()
            inverted[..., :3] = 255 - inverted[..., :3]
            return inverted
        if node.rgba is not None:
            source = _cut(node.rgba, Rect(-node.x, -node.y, self.width, self.height))
        else:
            source = _empty(self)
            for child in node.children:
                source = self._laid(source, child, without)
        return composite(canvas, source, node.operation, node.opacity)

    def _insert(self, node: Node, above: str) -> None:
        neighbour = self.find(above) or self.find(self.active)
        if neighbour is None:
            self.nodes.append(node)
            return
        level = self.siblings(neighbour)
        level.insert(level.index(neighbour) + 1, node)


def _node(layer: NewLayer) -> Node:
    pixels = layer.pixels
    rgba = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 4).copy()
    return Node(layer.name, rgba, layer.x, layer.y, recipe=layer.recipe, is_visible=layer.is_visible)


def _listed(nodes: Sequence[Node], depth: int) -> Iterator[Layer]:
    for node in reversed(nodes):
        is_visible = node.is_visible and node.opacity > 0
        flags = (is_visible, node.is_plain, bool(node.recipe), node.reaches_beyond)
        yield Layer(node.key, node.name, node.kind, depth, *flags)
        yield from _listed(node.children, depth + 1)


def _empty(document: LayeredDocument) -> np.ndarray:
    return np.zeros((document.height, document.width, 4), np.uint8)


def _cut(array: np.ndarray, rect: Rect) -> np.ndarray:
    """A part, 0 where there is nothing."""
    found = np.zeros((rect.height, rect.width, *array.shape[2:]), np.uint8)
    part = rect.intersection(Rect(0, 0, array.shape[1], array.shape[0]))
    if not part.is_empty:
        found[part.y - rect.y : part.bottom - rect.y, part.x - rect.x : part.right - rect.x] = array[
            part.y : part.bottom, part.x : part.right
        ]
    return found


def _pixels(rgba: np.ndarray, rect: Rect) -> Pixels:
    return Pixels(_cut(rgba, rect).reshape(-1).data, rect.width, rect.height, "RGBA")


def _bounds(alpha: np.ndarray, x: int, y: int) -> Rect | None:
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return None
    left, top = int(columns[0]), int(rows[0])
    return Rect(x + left, y + top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def _turned(array: np.ndarray, transform: Transform) -> np.ndarray:
    turn = transform.turn
    if turn.transposed:
        array = array.swapaxes(0, 1)
    if turn.flipped_x:
        array = array[:, ::-1]
    return np.ascontiguousarray(array[::-1] if turn.flipped_y else array)
