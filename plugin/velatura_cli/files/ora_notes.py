"""What of an OpenRaster painting is not read as it may be meant, in sentences that a person reads before painting."""

from collections.abc import Callable

from .blend import is_known
from .layer_tree import LayerNode
from .names import quoted
from .ora import OraPainting
from .picture import is_whole

#: Names that one sentence lists.
_MOST_NAMES = 3


def unreadable_layers(painting: OraPainting) -> list[LayerNode]:
    """The layers that can be seen, but not read: without a file, or with one that is damaged or no picture."""
    return [
        node
        for node in painting.nodes()
        if not node.is_group and node.is_seen and not is_whole(painting.data_of(node.element) or b"")
    ]


def painting_notes(painting: OraPainting) -> list[str]:
    """Sentences; none for a painting that is understood as a whole."""
    seen = [node for node in painting.nodes() if node.is_seen]
    others = sorted({str(one.tag) for one in painting.stack.iter() if one.tag not in ("layer", "stack")})
    notes = [
        _sentence(seen, lambda node: not node.can_be_read, "{names}: place or opacity cannot be understood"),
        _sentence(
            seen,
            lambda node: not is_known(node.operation),
            "{names}: how it is blended is not known here; it counts as normal where the layers are put together",
        ),
        _sentence(
            seen,
            lambda node: node.is_group and _moves(node),
            "{names}: the group is moved, and its layers with it; Krita and GIMP leave them where they are",
        ),
    ]
    if others:
        tags = ", ".join(quoted(tag) for tag in others[:_MOST_NAMES])
        notes.append(f"holds more than layers and groups ({tags}); that stays in the file, but is not painted here")
    return [f"{painting.name}, {note}." if note[0] == "'" else f"{painting.name} {note}." for note in notes if note]


def named(nodes: list[LayerNode]) -> str:
    """The first few names."""
    names = ", ".join(quoted(node.name) for node in nodes[:_MOST_NAMES])
    more = len(nodes) - _MOST_NAMES
    return f"{names} and {more} more" if more > 0 else names


def _moves(group: LayerNode) -> bool:
    around = (0, 0) if group.parent is None else (group.parent.x, group.parent.y)
    return (group.x, group.y) != around


def _sentence(nodes: list[LayerNode], is_meant: Callable[[LayerNode], bool], text: str) -> str:
    meant = [node for node in nodes if is_meant(node)]
    return text.format(names=named(meant)) if meant else ""
