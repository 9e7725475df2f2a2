"""The layers of an OpenRaster painting as the person sees them: where they are, and how each is laid on what is below.

https://www.openraster.org/baseline/layer-stack-spec.html
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from velatura_protocol.images import Rect

from .blend import NORMAL


@dataclass(frozen=True, eq=False)
class LayerNode:
    """A layer or a group (``stack``) of a painting.

    Attributes:
        parent: the group that it lies in, None = directly in the painting.
        x, y: pixels from the canvas' top left corner to its own; those of all groups around it are in it.
        is_shown: its own eye; a group around it may be hidden all the same.
        opacity: its own, 0..1.
        operation: ``composite-op``, such as ``svg:multiply``.
        is_isolated: of a group: its layers are put together on a transparent ground first, and then laid on what is
            below as one picture. False of a layer.
        can_be_read: what stands in stack.xml could be understood; where not, ``x``, ``y`` or ``opacity`` is a guess.
    """

    element: Element
    parent: "LayerNode | None"
    x: int
    y: int
    is_shown: bool = True
    opacity: float = 1.0
    operation: str = NORMAL
    is_isolated: bool = False
    can_be_read: bool = True

    @property
    def name(self) -> str:
        return self.element.get("name", "")

    @property
    def source(self) -> str:
        """Name of the layer's file in the archive, "" for a group."""
        return self.element.get("src", "")

    @property
    def is_group(self) -> bool:
        return self.element.tag == "stack"

    @property
    def depth(self) -> int:
        """How many groups it lies in; 0 = top level."""
        return sum(1 for _group in self.ancestors())

    @property
    def is_plain(self) -> bool:
        """It covers what is below with its own colours: neither hidden nor translucent nor blended."""
        return self.is_shown and self.opacity >= 1 and self.operation == NORMAL

    @property
    def is_seen(self) -> bool:
        """It and all groups around it are shown."""
        return self.is_shown and all(group.is_shown for group in self.ancestors())

    def ancestors(self) -> "Iterator[LayerNode]":
        """The groups that it lies in, innermost first."""
        group = self.parent
        while group is not None:
            yield group
            group = group.parent


def layer_nodes(stack: Element) -> list[LayerNode]:
    """Every layer and group in ``stack``, topmost first, each group right before what it holds.

    ``stack`` itself, the painting's outermost, is none of them.
    """
    nodes: list[LayerNode] = []
    # a stack of our own, as paintings may nest deeper than Python likes to; the top of it is what comes next
    x, y = offset_of(stack)
    waiting: list[tuple[Element, LayerNode | None, int, int]] = [(child, None, x, y) for child in reversed(stack)]
    while waiting:
        element, parent, x, y = waiting.pop()
        if element.tag not in ("layer", "stack"):
            continue
        node = _node(element, parent, x, y)
        nodes.append(node)
        if node.is_group:
            waiting += [(child, node, node.x, node.y) for child in reversed(element)]
    return nodes


def union_of(parts: Iterable[Rect]) -> Rect:
    """The least rectangle that holds all that is not empty; of zero width when there is nothing."""
    filled = [part for part in parts if not part.is_empty]
    if not filled:
        return Rect(0, 0, 0, 0)
    x, y = min(part.x for part in filled), min(part.y for part in filled)
    return Rect(x, y, max(part.right for part in filled) - x, max(part.bottom for part in filled) - y)


def offset_of(element: Element) -> tuple[int, int]:
    """``x`` and ``y`` of stack.xml, pixels from the group around it; 0 where they cannot be understood."""
    return (whole_number(element.get("x", "0")) or 0, whole_number(element.get("y", "0")) or 0)


def whole_number(text: str) -> int | None:
    """``12``, ``12.0`` or, as programs write it in some countries, ``12,0``; None for anything else."""
    value = number(text)
    return None if value is None else int(value)


def number(text: str) -> float | None:
    """``0.5`` or ``0,5``; None for what is no finite number."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _node(element: Element, parent: LayerNode | None, x: int, y: int) -> LayerNode:
    opacity = number(element.get("opacity", "1"))
    operation = element.get("composite-op", NORMAL)
    offsets = [whole_number(element.get(name, "0")) for name in ("x", "y")]
    shown_opacity = 1.0 if opacity is None else min(1.0, max(0.0, opacity))
    is_isolated = element.get("isolation", "auto") == "isolate" or shown_opacity < 1 or operation != NORMAL
    return LayerNode(
        element=element,
        parent=parent,
        x=x + (offsets[0] or 0),
        y=y + (offsets[1] or 0),
        is_shown=element.get("visibility", "visible") != "hidden",
        opacity=shown_opacity,
        operation=operation,
        is_isolated=is_isolated and element.tag == "stack",
        can_be_read=opacity is not None and None not in offsets,
    )
