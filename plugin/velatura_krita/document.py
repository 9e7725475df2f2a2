"""A Krita document as ``velatura_client.editor.Document``. Everything here is called on the UI thread."""

from typing import Any, Callable, Collection, Optional, Sequence, Set

from velatura_client.editor import Layer, NewLayer, Pixels
from velatura_client.geometry import Transform
from velatura_client.texts import tr
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from . import annotations
from .brush_guard import BrushGuard
from .hidden_layers import copy_without
from .layer_alpha import layer_alpha
from .layer_tree import LayersByKey, key_of, keys_below, layer_of, layers_below, local_selection
from .open_documents import document_key, is_open
from .pixels import bgra_bytes, fitted, pixels_of_image
from .qt import QByteArray
from .srgb import new_layer, srgb_pixels

#: How many turns of the event loop to wait for Krita to activate a layer that was added. It takes about 5; time is no
#: measure, because a large document keeps Krita from turning the loop at all.
ACTIVATION_TURNS = 200


class KritaDocument:
    """Wraps one open document. Keep it while a job runs; it notices when the painter closes the document."""

    def __init__(self, document: Any, guard: BrushGuard) -> None:
        self._document = document
        self._guard = guard
        self._key = document_key(document)
        self._layers = LayersByKey()

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
        return is_open(self._document)

    def is_free(self) -> bool:
        """True when no brush stroke or tool holds the document open; also when it was closed."""
        if not self.is_open():
            return True
        if not self._document.tryBarrierLock():
            return False
        self._document.unlock()
        return True

    def selection_bounds(self) -> Optional[Rect]:
        selection = self._selection()
        if selection is None or selection.width() <= 0 or selection.height() <= 0:
            return None
        return Rect(selection.x(), selection.y(), selection.width(), selection.height())

    def read_canvas(self, rect: Rect, without: Sequence[str] = ()) -> Pixels:
        # projection() gives 8-bit sRGB from every colour model; pixelData() would be in the document's own,
        # which for 16 and 32 bits is linear by default
        if without:
            with copy_without(self._document, without) as copy:
                return pixels_of_image(copy.projection(rect.x, rect.y, rect.width, rect.height))
        return pixels_of_image(self._document.projection(rect.x, rect.y, rect.width, rect.height))

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:
        node = self._with_key(layer) if layer else layer_of(self._document.activeNode())
        if node is None:
            raise VelaturaError("invalid_value", tr("That layer is not in the picture any more. Choose another one."))
        return Pixels(memoryview(srgb_pixels(node, rect)), rect.width, rect.height, "BGRA")

    def layers(self) -> Sequence[Layer]:
        return tuple(layers_below(self._document.rootNode(), annotations.recipes(self._document)))

    def layer_alpha(self, layer: str, rect: Rect) -> bytes:
        node = self._with_key(layer)
        return bytes(rect.width * rect.height) if node is None else layer_alpha(node, rect)

    def layer_bounds(self, layer: str) -> Optional[Rect]:
        node = self._with_key(layer)
        if node is None:
            return None
        bounds = node.bounds()
        return None if bounds.isEmpty() else Rect(bounds.x(), bounds.y(), bounds.width(), bounds.height())

    def layers_here(self, keys: Collection[str]) -> Set[str]:
        return set(keys).intersection(keys_below(self._document.rootNode()))

    def read_mask(self, rect: Rect) -> Pixels:
        selection = self._selection()
        if selection is None:
            raise VelaturaError(
                "empty_selection", tr("Nothing is selected any more. Select the part to repaint, then try again.")
            )
        data = selection.pixelData(rect.x, rect.y, rect.width, rect.height)
        return Pixels(memoryview(data), rect.width, rect.height, "Y")

    def active_layer(self) -> str:
        return key_of(layer_of(self._document.activeNode()))

    def when_free(self, task: Callable[[], None]) -> None:
        self._guard.when_free(self.is_free, task)

    def insert_layer(self, layer: NewLayer, *, above: str) -> str:
        node = _new_layer(self._document, layer)
        self._insert(node, above)
        annotations.keep_recipes(self._document, {key_of(node): layer.recipe})
        return key_of(node)

    def insert_group(self, name: str, layers: Sequence[NewLayer], *, above: str) -> Sequence[str]:
        document = self._document
        group = document.createGroupLayer(name)
        # on a group that is in no document yet this is no undo step, unlike addChildNode
        group.setChildNodes([_new_layer(document, layer) for layer in layers])
        self._insert(group, above)
        if len(layers) > 1:
            # Krita shows as much of a new group as it held when it was composed last, which is nothing
            document.refreshProjection()
        nodes = group.childNodes()
        recipes = {key_of(nodes[index]): layer.recipe for index, layer in enumerate(layers)}
        annotations.keep_recipes(document, recipes)
        return tuple(recipes)

    def resize_canvas(self, rect: Rect) -> None:
        self._document.resizeImage(rect.x, rect.y, rect.width, rect.height)

    def fitted(self, pixels: Pixels, transform: Transform, width: int, height: int) -> Pixels:
        return fitted(pixels, transform.turn, width, height)

    def recipe_of(self, layer: str) -> str:
        return annotations.recipes(self._document).get(layer, "")

    def keep_attachment(self, name: str, data: bytes) -> None:
        annotations.keep(self._document, name, data)

    def attachment(self, name: str) -> bytes:
        return annotations.read(self._document, name)

    def _with_key(self, key: str) -> Any:
        return self._layers.find(self._document.rootNode(), key)

    def _selection(self) -> Any:
        """The active layer's own if it has one, as for Krita's brushes; else the document's."""
        local = local_selection(layer_of(self._document.activeNode()))
        return self._document.selection() if local is None else local

    def _insert(self, layer: Any, above: str) -> None:
        """Add ``layer``, which is complete, above the layer ``above`` or the active one. Keep the active one active."""
        document = self._document
        active = document.activeNode()
        neighbour = self._with_key(above) or layer_of(active)
        parent = neighbour.parentNode() if neighbour is not None else document.rootNode()
        if not parent.addChildNode(layer, neighbour):
            raise VelaturaError(
                "internal", tr("Krita did not take the new layer. Try again with another layer active.")
            )
        if active is not None:
            self._restore_active(active, layer)

    def _restore_active(self, active: Any, layer: Any) -> None:
        """Krita activates an added layer, but only when the event loop turns next. Then take that back."""
        turns = iter(range(ACTIVATION_TURNS))
        # a copy of a layer that was made in another document never equals the node that Krita gives for it
        key = key_of(layer)

        def is_activated() -> bool:
            return not self.is_open() or key_of(self._document.activeNode()) == key or next(turns, None) is None

        def restore() -> None:
            if self.is_open():
                self._document.setActiveNode(active)

        self._guard.before_others(is_activated, restore)


def _new_layer(document: Any, new: NewLayer) -> Any:
    """A layer that is in no document yet."""
    layer = new_layer(document, new.name)
    # before it is added: on a layer of the document this is neither undone nor shown
    layer.setPixelData(QByteArray(bgra_bytes(new.pixels)), new.x, new.y, new.pixels.width, new.pixels.height)
    if not new.is_visible:
        layer.setVisible(False)
    return layer
