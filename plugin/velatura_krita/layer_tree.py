"""The layers of a Krita document. Masks are nodes too for Krita, but no layers."""

from typing import Any, Container, Dict, Iterator

from velatura_client.editor import Layer

from .qt import QTimer

#: Krita's names of node types to ours; all others are ``other``.
KINDS = {"paintlayer": "paint", "grouplayer": "group", "filterlayer": "filter"}
#: Masks that change nothing of what is seen.
_HARMLESS_MASKS = ("selectionmask",)
_OPAQUE = 255
#: Masks of a group that may show something where nothing in the group has a pixel.
_MOVING_MASKS = ("filtermask", "transformmask")
#: Blending that clears what lies outside of the layer's own pixels as well.
_CLEARING = ("copy", "destination-in", "destination-atop")


def key_of(node: Any) -> str:
    """Tells a node from others, also after saving and opening again; "" for none."""
    return "" if node is None else node.uniqueId().toString()


def layer_of(node: Any) -> Any:
    """A layer itself; of a mask, the layer that it belongs to; of the selection's mask, the topmost layer."""
    if node is None or is_layer(node):
        return node
    parent = node.parentNode()
    if parent.type() == "grouplayer" and parent.parentNode() is None:
        return next(filter(is_layer, reversed(parent.childNodes())), None)
    return parent


class LayersByKey:
    """Finds layers by their unique ids: the tree is gone through once, not once for each of them.

    What it knows is dropped when the event loop turns next. Layers that are held longer would keep their pixels in
    memory after they were deleted, and outlive their document.
    """

    def __init__(self) -> None:
        self._nodes: Dict[str, Any] = {}

    def find(self, root: Any, key: str) -> Any:
        """The layer or mask below ``root`` as it stands now; None when it is not there."""
        node = self._nodes.get(key)
        if node is None or not _is_below(node, root):
            if not self._nodes:
                QTimer.singleShot(0, self._forget)
            self._nodes = {key_of(node): node for node in nodes_below(root)}
            node = self._nodes.get(key)
        return node

    def _forget(self) -> None:
        self._nodes = {}


def nodes_below(parent: Any) -> Iterator[Any]:
    """Everything below ``parent``, at any depth, masks too."""
    for node in parent.childNodes():
        yield node
        yield from nodes_below(node)


def keys_below(parent: Any) -> Iterator[str]:
    """Of everything below ``parent``, at any depth, masks too."""
    return map(key_of, nodes_below(parent))


def layers_below(parent: Any, ours: Container[str] = (), depth: int = 0) -> Iterator[Layer]:
    """The topmost first, each group right before what it holds. ``ours``: keys of the layers that have a recipe."""
    for node in reversed(parent.childNodes()):
        if is_layer(node):
            key, kind = key_of(node), KINDS.get(node.type(), "other")
            is_visible = node.visible() and node.opacity() > 0
            is_plain, is_ours = _is_plain(node, kind), key in ours
            yield Layer(key, node.name(), kind, depth, is_visible, is_plain, is_ours, _reaches_beyond(node, kind))
            yield from layers_below(node, ours, depth + 1)


def local_selection(node: Any) -> Any:
    """The selection that confines the brush on a layer alone; None when it has none."""
    if node is None:
        return None
    for mask in node.childNodes():
        if mask.type() == "selectionmask" and mask.visible():
            return mask.selection()
    return None


def _is_below(node: Any, root: Any) -> bool:
    parent = node.parentNode()
    while parent is not None and parent != root:
        parent = parent.parentNode()
    return parent is not None


def _is_plain(node: Any, kind: str) -> bool:
    if node.opacity() != _OPAQUE or node.inheritAlpha():
        return False
    if any(_is_mask(child) and child.visible() and child.type() not in _HARMLESS_MASKS for child in node.childNodes()):
        return False
    if kind == "group" and node.passThroughMode():
        return True
    if kind == "group" and not all(channel.visible() for channel in node.channels()):
        return False
    return node.blendingMode() == "normal" and not node.layerStyleToAsl()


def _reaches_beyond(node: Any, kind: str) -> bool:
    if kind == "group" and any(child.type() in _MOVING_MASKS and child.visible() for child in node.childNodes()):
        return True
    if kind == "group" and node.passThroughMode():
        return False
    return node.blendingMode() in _CLEARING or bool(node.layerStyleToAsl())


def is_layer(node: Any) -> bool:
    """No mask, and nothing that Krita keeps among the layers without showing it there: guides, reference images."""
    return bool(node.type()) and not _is_mask(node)


def _is_mask(node: Any) -> bool:
    return node.type().endswith("mask")
