"""Names for the documents that are open. Krita gives a new wrapper each time, and flattening replaces the root node.

Two wrappers of one document are equal, for as long as it is open.
"""

import itertools
from typing import Any, List, Tuple

from krita import Krita

_numbers = itertools.count(1)
_known: List[Tuple[Any, str]] = []


def document_key(document: Any) -> str:
    """Tells a document from others for as long as it is open; "" when it is about to close, or closed."""
    if document is None or document.rootNode() is None:
        return ""
    for known, key in _known:
        if known == document:
            return key
    here = Krita.instance().documents()
    _known[:] = [(known, key) for known, key in _known if known in here]
    key = f"document-{next(_numbers)}"
    _known.append((document, key))
    return key


def is_open(document: Any) -> bool:
    return document in Krita.instance().documents()
