"""What a document looks like without some of its layers.

Krita composes nothing anew when a script hides a layer, and composing the document twice would take 0.2 s at 2048 x
2048, and be seen. A copy shares the pixels: it is made and composed in 0.03 to 0.04 s, and the document is not touched.
"""

from contextlib import contextmanager
from typing import Any, Container, Iterator

from .layer_tree import key_of


@contextmanager
def copy_without(document: Any, layers: Container[str]) -> Iterator[Any]:
    """A copy in which the layers with these keys are hidden. Never during a brush stroke."""
    copy = document.clone()
    try:
        _hide(document.rootNode(), copy.rootNode(), layers)
        copy.refreshProjection()
        yield copy
    finally:
        copy.waitForDone()  # Krita may crash when a document is deleted that is still being worked on
        copy.setModified(False)
        copy.close()


def _hide(node: Any, copied: Any, layers: Container[str]) -> None:
    # the copies of layers have ids of their own, but stand where the originals stand
    for child, twin in zip(node.childNodes(), copied.childNodes()):
        if key_of(child) in layers:
            twin.setVisible(False)
        else:
            _hide(child, twin, layers)
