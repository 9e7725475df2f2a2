"""A Krita document as ``velatura_client.editor.Document``. Everything here is called on the UI thread."""

import json
import time
from typing import Any, Callable, Optional

from krita import Krita

from velatura_client.editor import Pixels
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .brush_guard import BrushGuard
from .pixels import bgra_bytes, pixels_of_image
from .qt import QByteArray

#: What every result arrives in and what the daemon is given; Krita converts from and to the document's own.
MODEL, DEPTH, PROFILE = "RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc"
#: Key of the recipes among the document's annotations: JSON, unique id of a layer to its recipe.
RECIPES = "velatura-recipes"
#: How long to wait in seconds for Krita to activate a layer that was added. It takes 0.03.
ACTIVATION_S = 1.0


class KritaDocument:
    """Wraps one open document. Keep it while a job runs; it notices when the painter closes the document."""

    def __init__(self, document: Any, guard: BrushGuard) -> None:
        self._document = document
        self._guard = guard
        self._key = _key(document)

    @property
    def key(self) -> str:
        return self._key

    @property
    def width(self) -> int:
        return self._document.width()

    @property
    def height(self) -> int:
        return self._document.height()

    def is_open(self) -> bool:
        return any(_key(document) == self._key for document in Krita.instance().documents())

    def selection_bounds(self) -> Optional[Rect]:
        selection = self._document.selection()
        if selection is None or selection.width() <= 0 or selection.height() <= 0:
            return None
        return Rect(selection.x(), selection.y(), selection.width(), selection.height())

    def read_canvas(self, rect: Rect) -> Pixels:
        # projection() gives 8-bit sRGB from every colour model; pixelData() would be in the document's own,
        # which for 16 and 32 bits is linear by default
        return pixels_of_image(self._document.projection(rect.x, rect.y, rect.width, rect.height))

    def read_layer(self, rect: Rect) -> Pixels:
        layer = _layer_of(self._document.activeNode())
        source = layer.projectionPixelData(rect.x, rect.y, rect.width, rect.height)
        # a layer of its own that is never added converts just this region
        converter = self._document.createNode("", "paintlayer")
        converter.setColorSpace(layer.colorModel(), layer.colorDepth(), layer.colorProfile())
        converter.setPixelData(source, rect.x, rect.y, rect.width, rect.height)
        converter.setColorSpace(MODEL, DEPTH, PROFILE)
        data = converter.pixelData(rect.x, rect.y, rect.width, rect.height)
        return Pixels(bytes(data), rect.width, rect.height, "BGRA")

    def read_mask(self, rect: Rect) -> Pixels:
        selection = self._document.selection()
        if selection is None:
            raise VelaturaError("empty_selection", "Nothing is selected any more. Select the part to repaint.")
        data = selection.pixelData(rect.x, rect.y, rect.width, rect.height)
        return Pixels(bytes(data), rect.width, rect.height, "Y")

    def active_layer(self) -> str:
        layer = _layer_of(self._document.activeNode())
        return "" if layer is None else layer.uniqueId().toString()

    def when_free(self, task: Callable[[], None]) -> None:
        self._guard.when_free(self._is_free, task)

    def insert_layer(self, name: str, patch: Pixels, x: int, y: int, recipe: str, *, above: str) -> None:
        document = self._document
        data = bgra_bytes(patch)
        active = document.activeNode()
        neighbour = _layer_with_key(document.rootNode(), above) or _layer_of(active)
        layer = document.createNode(name, "paintlayer")
        layer.setColorSpace(MODEL, DEPTH, PROFILE)
        # before it is added: on a layer of the document this is neither undone nor shown
        layer.setPixelData(QByteArray(data), x, y, patch.width, patch.height)
        parent = neighbour.parentNode() if neighbour is not None else document.rootNode()
        if not parent.addChildNode(layer, neighbour):
            raise VelaturaError("internal", "Krita did not take the new layer. Try again with another layer active.")
        _keep_recipe(document, layer, recipe)
        if active is not None:
            self._restore_active(active, layer)

    def _is_free(self) -> bool:
        """True when no brush stroke or tool holds the document open; also when it was closed."""
        if not self.is_open():
            return True
        if not self._document.tryBarrierLock():
            return False
        self._document.unlock()
        return True

    def _restore_active(self, active: Any, layer: Any) -> None:
        """Krita activates an added layer, but only when the event loop turns next. Then take that back."""
        deadline = time.monotonic() + ACTIVATION_S

        def is_activated() -> bool:
            return not self.is_open() or self._document.activeNode() == layer or time.monotonic() > deadline

        def restore() -> None:
            if self.is_open():
                self._document.setActiveNode(active)

        self._guard.before_others(is_activated, restore)


def _key(document: Any) -> str:
    root = document.rootNode()
    return root.uniqueId().toString() if root is not None else ""


def _layer_of(node: Any) -> Any:
    """A layer itself; of a mask, the layer that it belongs to; of the selection's mask, the topmost layer."""
    if node is None or not node.type().endswith("mask"):
        return node
    parent = node.parentNode()
    if parent.type() == "grouplayer" and parent.parentNode() is None:
        return next(child for child in reversed(parent.childNodes()) if not child.type().endswith("mask"))
    return parent


def _layer_with_key(parent: Any, key: str) -> Any:
    """The layer below ``parent``, at any depth, whose unique id is ``key``; None when it is not in the document."""
    for node in parent.childNodes():
        found = node if node.uniqueId().toString() == key else _layer_with_key(node, key)
        if found is not None:
            return found
    return None


def _keep_recipe(document: Any, layer: Any, recipe: str) -> None:
    """Layers hold no metadata in Krita, but their unique ids survive saving, and so do annotations."""
    try:
        recipes = json.loads(bytes(document.annotation(RECIPES)).decode("utf-8"))
    except ValueError:
        recipes = {}
    recipes[layer.uniqueId().toString()] = recipe
    text = json.dumps(recipes, ensure_ascii=False).encode("utf-8")
    document.setAnnotation(RECIPES, "How Velatura made its layers", QByteArray(text))
