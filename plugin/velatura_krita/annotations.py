"""What Velatura keeps in a Krita document beside its layers: their recipes, the history, and the pixels that both were
made from.

Layers hold no metadata in Krita, but their unique ids survive saving, and so do the document's annotations.
"""

import json
from typing import Any, Dict, Mapping, Optional, Set

from .layer_tree import keys_below
from .qt import QByteArray

#: Key of the recipes among the annotations: JSON, unique id of a layer to its recipe.
RECIPES = "velatura-recipes"
_DESCRIPTION = "How Velatura made its layers"


def read(document: Any, name: str) -> bytes:
    """b"" when there is no such annotation."""
    return bytes(document.annotation(name))


def keep(document: Any, name: str, data: bytes, description: str = "") -> None:
    """No undo step. A document without changes stays so: nobody shall be asked to save what they did not do."""
    was_modified = document.modified()
    document.setAnnotation(name, description, QByteArray(data))
    if not was_modified:
        document.setModified(False)


def has(document: Any, name: str) -> bool:
    """Without reading it, which may be large."""
    return name in document.annotationTypes()


def recipes(document: Any) -> Dict[str, str]:
    """By the keys of the layers; those of deleted layers too, as undo may bring the layers back."""
    try:
        return json.loads(read(document, RECIPES).decode("utf-8"))
    except ValueError:
        return {}


def keep_recipes(document: Any, more: Mapping[str, str]) -> None:
    _write(document, {**recipes(document), **more})


def forget_deleted(document: Any) -> None:
    """Drop recipes of layers that are not there any more, and the pixels that nothing in layers and history was made
    from.

    Only right after the document was opened, when no undo can bring a layer back.
    """
    kept = recipes(document)
    here = set(keys_below(document.rootNode())) if kept else set()
    left = {key: text for key, text in kept.items() if key in here}
    # imported here because Krita waits for this plug-in when it starts
    from velatura_client.packing import INPUT_PREFIX

    inputs = [name for name in document.annotationTypes() if name.startswith(INPUT_PREFIX)]
    if len(left) == len(kept) and not inputs:
        return
    needed = _needed(document, left)
    if needed is None:
        return
    was_modified = document.modified()
    if len(left) < len(kept):
        _write(document, left)
    for name in inputs:
        if name not in needed:
            document.removeAnnotation(name)
    if not was_modified:
        document.setModified(False)  # nobody shall be asked to save what they did not do


def _needed(document: Any, by_layer: Mapping[str, str]) -> Optional[Set[str]]:
    """The inputs that recipes and history name; None when that is not known, as one may be of a newer Velatura."""
    from velatura_client.history_store import INDEX, read_index
    from velatura_client.recipe import kept_request
    from velatura_protocol.errors import VelaturaError

    index = read_index(read(document, INDEX))
    if index.is_newer or index.is_damaged:
        return None
    try:
        needed = {name for text in by_layer.values() for name in kept_request(text).inputs}
    except VelaturaError:
        return None
    return needed | {name for job in index.jobs for name in job.inputs}


def _write(document: Any, by_layer: Mapping[str, str]) -> None:
    keep(document, RECIPES, json.dumps(by_layer, ensure_ascii=False).encode("utf-8"), _DESCRIPTION)
