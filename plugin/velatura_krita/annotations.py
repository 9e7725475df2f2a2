"""What Velatura keeps in a Krita document beside its layers: their recipes, and the pixels that they were made from.

Layers hold no metadata in Krita, but their unique ids survive saving, and so do the document's annotations.
"""

import json
from typing import Any, Dict, Mapping

from .layer_tree import keys_below
from .qt import QByteArray

#: Key of the recipes among the annotations: JSON, unique id of a layer to its recipe.
RECIPES = "velatura-recipes"
_DESCRIPTION = "How Velatura made its layers"


def read(document: Any, name: str) -> bytes:
    """b"" when there is no such annotation."""
    return bytes(document.annotation(name))


def keep(document: Any, name: str, data: bytes, description: str = "") -> None:
    document.setAnnotation(name, description, QByteArray(data))


def recipes(document: Any) -> Dict[str, str]:
    """By the keys of the layers; those of deleted layers too, as undo may bring the layers back."""
    try:
        return json.loads(read(document, RECIPES).decode("utf-8"))
    except ValueError:
        return {}


def keep_recipes(document: Any, more: Mapping[str, str]) -> None:
    _write(document, {**recipes(document), **more})


def forget_deleted(document: Any) -> None:
    """Drop recipes of layers that are not there any more, and the pixels that only they were made from.

    Only right after the document was opened, when no undo can bring a layer back.
    """
    kept = recipes(document)
    here = set(keys_below(document.rootNode())) if kept else set()
    left = {key: text for key, text in kept.items() if key in here}
    if len(left) == len(kept):
        return
    # imported here because Krita waits for this plug-in when it starts
    from velatura_client.packing import INPUT_PREFIX
    from velatura_client.recipe import kept_request
    from velatura_protocol.errors import VelaturaError

    try:
        needed = {name for text in left.values() for name in kept_request(text).inputs}
    except VelaturaError:
        return  # of a newer Velatura perhaps: what it needs is not known
    was_modified = document.modified()
    _write(document, left)
    for name in document.annotationTypes():
        if name.startswith(INPUT_PREFIX) and name not in needed:
            document.removeAnnotation(name)
    document.setModified(was_modified)  # nobody shall be asked to save what they did not do


def _write(document: Any, by_layer: Mapping[str, str]) -> None:
    keep(document, RECIPES, json.dumps(by_layer, ensure_ascii=False).encode("utf-8"), _DESCRIPTION)
