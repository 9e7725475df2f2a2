"""The layers of a Krita document. Masks are nodes too for Krita, but no layers."""

from typing import Any, Iterator

from velatura_client.editor import Layer

#: Krita's names of node types to ours; all others are ``other``.
KINDS = {"paintlayer": "paint", "grouplayer": "group"}


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


def layers_below(parent: Any, depth: int = 0) -> Iterator[Layer]:
    """The topmost first, each group right before what it holds."""
    for node in reversed(parent.childNodes()):
        if not _is_mask(node):
            yield Layer(key_of(node), node.name(), KINDS.get(node.type(), "other"), depth)
            yield from layers_below(node, depth + 1)


def _is_mask(node: Any) -> bool:
    return node.type().endswith("mask")
