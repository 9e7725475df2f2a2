"""The layers of a Krita document. Masks are nodes too for Krita, but no layers."""

from typing import Any, Container, Iterator

from velatura_client.editor import Layer

#: Krita's names of node types to ours; all others are ``other``.
KINDS = {"paintlayer": "paint", "grouplayer": "group", "filterlayer": "filter"}
#: Masks that change nothing of what is seen.
_HARMLESS_MASKS = ("selectionmask",)
_OPAQUE = 255


def key_of(node: Any) -> str:
    """Tells a node from others, also after saving and opening again; "" for none."""
    return "" if node is None else node.uniqueId().toString()


def layer_of(node: Any) -> Any:
    """A layer itself; of a mask, the layer that it belongs to; of the selection's mask, the topmost layer."""
    if node is None or not _is_mask(node):
        return node
    parent = node.parentNode()
    if parent.type() == "grouplayer" and parent.parentNode() is None:
        return next(child for child in reversed(parent.childNodes()) if not _is_mask(child))
    return parent


def layer_with_key(parent: Any, key: str) -> Any:
    """The layer below ``parent``, at any depth, whose unique id is ``key``; None when it is not in the document."""
    for node in parent.childNodes():
        found = node if key_of(node) == key else layer_with_key(node, key)
        if found is not None:
            return found
    return None


def keys_below(parent: Any) -> Iterator[str]:
    """Of everything below ``parent``, at any depth, masks too."""
    for node in parent.childNodes():
        yield key_of(node)
        yield from keys_below(node)


def layers_below(parent: Any, ours: Container[str] = (), depth: int = 0) -> Iterator[Layer]:
    """The topmost first, each group right before what it holds. ``ours``: keys of the layers that have a recipe."""
    for node in reversed(parent.childNodes()):
        if not _is_mask(node):
            key, kind = key_of(node), KINDS.get(node.type(), "other")
            is_visible = node.visible() and node.opacity() > 0
            yield Layer(key, node.name(), kind, depth, is_visible, _is_plain(node, kind), key in ours)
            yield from layers_below(node, ours, depth + 1)


def local_selection(node: Any) -> Any:
    """The selection that confines the brush on a layer alone; None when it has none."""
    if node is None:
        return None
    for mask in node.childNodes():
        if mask.type() == "selectionmask" and mask.visible():
            return mask.selection()
    return None


def _is_plain(node: Any, kind: str) -> bool:
    if node.opacity() != _OPAQUE or node.inheritAlpha():
        return False
    if any(_is_mask(child) and child.visible() and child.type() not in _HARMLESS_MASKS for child in node.childNodes()):
        return False
    if kind == "group" and node.passThroughMode():
        return True
    return node.blendingMode() == "normal" and not node.layerStyleToAsl()


def _is_mask(node: Any) -> bool:
    return node.type().endswith("mask")
