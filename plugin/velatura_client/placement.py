"""Where a result goes among the layers: what arrives is seen.

Two cases. What was made from all that is seen (generate, fill, extend, refine of the picture) goes where nothing covers
it, and never into a group that would hide, dim or blend it. What was made from one layer stays above that layer,
inside its group. Both go on top of the results that stand there already.

Files and editors alike answer through ``Layers``; nothing here knows either.
"""

from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Protocol, Sequence

from velatura_protocol.images import Rect

from .editor import Layer

#: Rows of a layer that are read at a time.
_STRIP = 256


class Layers(Protocol):
    """The part of ``editor.Document`` that a place is found by."""

    def layers(self) -> Sequence[Layer]: ...

    def layer_alpha(self, layer: str, rect: Rect) -> bytes: ...


def place_above(document: Layers, layer: str, rect: Rect, *, shall_be_seen: bool) -> str:
    """Key of the layer to put a result directly above; "" when the document has no layers.

    Args:
        layer: key of the layer that the painter worked on, or that was read. One that is gone counts as the topmost.
        rect: what the result covers, document pixels.
        shall_be_seen: it was made from all that is seen. The place is then the lowest from ``layer`` upwards at which
            nothing visible has a pixel within ``rect`` above it: directly beneath, a pixel would be hidden.
    """
    stack = Stack(document.layers())
    here = stack.find(layer) or stack.topmost
    if here is None:
        return ""
    if not shall_be_seen:
        return _above_ours(here).key
    here = _above_ours(_outside_groups_that_change(here))
    while True:
        cover = _topmost_cover(document, here, rect)
        if cover is None:
            return here.key
        here = cover


def is_ours(node: "Node") -> bool:
    """A layer with a recipe, or a group of nothing but such layers."""
    if node.layer.kind == "group" and node.children:
        return all(is_ours(child) for child in node.children)
    return node.layer.is_ours


@dataclass(eq=False)
class Node:
    """A layer in its tree. ``children`` from the bottom up; ``parent`` None = the top level."""

    layer: Layer
    parent: "Optional[Node]"
    siblings: "List[Node]"
    children: "List[Node]" = field(default_factory=lambda: [])

    @property
    def key(self) -> str:
        return self.layer.key

    @property
    def is_seen(self) -> bool:
        """The eyes of the layer and of all its groups are open."""
        return all(node.layer.is_visible for node in self.lineage())

    def above(self) -> "List[Node]":
        """Its siblings above it, from the bottom up."""
        return self.siblings[self.siblings.index(self) + 1 :]

    def lineage(self) -> "Iterator[Node]":
        """Itself, its group, the group's group ..."""
        node: Optional[Node] = self
        while node is not None:
            yield node
            node = node.parent


class Stack:
    """The tree that ``Document.layers`` lists."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        """``layers``: the topmost first, each group right before what it holds."""
        self._nodes: Dict[str, Node] = {}
        self.roots: List[Node] = []
        groups: List[Node] = []
        for layer in layers:
            del groups[layer.depth :]
            parent = groups[-1] if groups else None
            siblings = self.roots if parent is None else parent.children
            node = Node(layer, parent, siblings)
            siblings.append(node)
            groups.append(node)
            self._nodes.setdefault(layer.key, node)
        self.roots.reverse()
        for node in self._nodes.values():
            node.children.reverse()

    @property
    def topmost(self) -> Optional[Node]:
        return self.roots[-1] if self.roots else None

    def every(self) -> "Sequence[Node]":
        return tuple(self._nodes.values())

    def find(self, key: str) -> Optional[Node]:
        return self._nodes.get(key)


def _outside_groups_that_change(node: Node) -> Node:
    """The node itself, or the outermost of its groups that does not show what it holds as it is."""
    found = node
    for group in list(node.lineage())[1:]:
        if not (group.layer.is_visible and group.layer.is_plain):
            found = group
    return found


def _above_ours(node: Node) -> Node:
    """The topmost of the results that stand directly above ``node``, else the node itself."""
    for sibling in node.above():
        if not is_ours(sibling):
            break
        node = sibling
    return node


def _topmost_cover(document: Layers, place: Node, rect: Rect) -> Optional[Node]:
    """What hides a result above ``place``: the outermost, and there the topmost, that has a pixel in ``rect``."""
    if rect.is_empty:
        return None
    for level in reversed(list(place.lineage())):
        for sibling in reversed(level.above()):
            if _covers(document, sibling, rect):
                return sibling
    return None


def _covers(document: Layers, node: Node, rect: Rect) -> bool:
    if not node.layer.is_visible:
        return False
    if node.layer.kind == "filter" or node.layer.reaches_beyond:
        return True  # it changes what lies beneath, wherever that is
    if node.layer.kind == "group":
        return any(_covers(document, child, rect) for child in node.children)
    return any(document.layer_alpha(node.key, strip).strip(b"\0") for strip in _strips(rect))


def _strips(rect: Rect) -> Iterator[Rect]:
    """Mostly the first one tells, and reading a whole large layer takes long."""
    for top in range(rect.y, rect.bottom, _STRIP):
        yield Rect(rect.x, top, rect.width, min(_STRIP, rect.bottom - top))
