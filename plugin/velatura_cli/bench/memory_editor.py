"""An editor without a window: a document in memory, for measuring what a menu action costs."""

import itertools
import queue
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from velatura_client.editor import Document, HistoryItem, Layer, NewLayer, Pixels, Progress, QueuedJob, WaitingResult
from velatura_client.geometry import Transform
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

#: Of the layers that are inserted: no two have the same key.
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class InsertedLayer:
    name: str
    patch: Pixels
    x: int
    y: int
    recipe: str
    above: str
    group: str = ""
    key: str = ""


@dataclass
class MemoryDocument:
    """``canvas``: (height, width, 4) RGBA uint8; ``selected``: everything in it is selected, None = no selection.

    ``others``: keys of layers besides the active one and those that were inserted, the topmost first.
    """

    canvas: NDArray[np.uint8]
    selected: Rect | None = None
    key: str = "document"
    open: bool = True
    active: str = "layer"
    others: tuple[str, ...] = ()
    inserted: list[InsertedLayer] = field(default_factory=lambda: [])
    attachments: dict[str, bytes] = field(default_factory=lambda: {})

    @property
    def width(self) -> int:
        return self.canvas.shape[1]

    @property
    def height(self) -> int:
        return self.canvas.shape[0]

    def is_open(self) -> bool:
        return self.open

    def selection_bounds(self) -> Rect | None:
        return self.selected

    def read_canvas(self, rect: Rect, without: Sequence[str] = ()) -> Pixels:  # noqa: ARG002 - nothing is composed here
        inside = rect.intersection(Rect(0, 0, self.width, self.height))
        part = np.zeros((rect.height, rect.width, 4), np.uint8)
        part[inside.y - rect.y : inside.bottom - rect.y, inside.x - rect.x : inside.right - rect.x] = self.canvas[
            inside.y : inside.bottom, inside.x : inside.right
        ]
        return Pixels(part.reshape(-1).data, rect.width, rect.height, "RGBA")

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:  # noqa: ARG002 - there is but one
        return self.read_canvas(rect)

    def layers(self) -> Sequence[Layer]:
        ours = (Layer(new.key, new.name, "paint", is_ours=True) for new in reversed(self.inserted))
        return (*ours, *(Layer(key, key, "paint") for key in dict.fromkeys((*self.others, self.active))))

    def layer_alpha(self, layer: str, rect: Rect) -> bytes:
        new = next((new for new in self.inserted if new.key == layer), None)
        if new is None:
            part = self.read_canvas(rect)
            return bytes(part.data)[3::4]
        alpha = np.frombuffer(new.patch.data, np.uint8).reshape(new.patch.height, new.patch.width, 4)[..., 3]
        inside = rect.intersection(Rect(new.x, new.y, new.patch.width, new.patch.height))
        found = np.zeros((rect.height, rect.width), np.uint8)
        found[inside.y - rect.y : inside.bottom - rect.y, inside.x - rect.x : inside.right - rect.x] = alpha[
            inside.y - new.y : inside.bottom - new.y, inside.x - new.x : inside.right - new.x
        ]
        return found.tobytes()

    def layer_bounds(self, layer: str) -> Rect | None:
        new = next((new for new in self.inserted if new.key == layer), None)
        if new is None:
            return Rect(0, 0, self.width, self.height)
        return Rect(new.x, new.y, new.patch.width, new.patch.height)

    def layers_here(self, keys: Collection[str]) -> set[str]:
        return {layer.key for layer in self.layers()}.intersection(keys)

    def read_mask(self, rect: Rect) -> Pixels:
        mask = np.zeros((rect.height, rect.width), np.uint8)
        if self.selected is not None:
            part = self.selected.intersection(rect)
            mask[part.y - rect.y : part.bottom - rect.y, part.x - rect.x : part.right - rect.x] = 255
        return Pixels(mask.reshape(-1).data, rect.width, rect.height, "Y")

    def active_layer(self) -> str:
        return self.active

    def when_free(self, task: Callable[[], None]) -> None:
        task()

    def insert_layer(self, layer: NewLayer, *, above: str) -> str:
        return self._insert(layer, above, "")

    def insert_group(self, name: str, layers: Sequence[NewLayer], *, above: str) -> Sequence[str]:
        return tuple(self._insert(new, above, name) for new in layers)

    def _insert(self, new: NewLayer, above: str, group: str) -> str:
        key = f"layer-{next(_NUMBERS)}"
        self.inserted.append(InsertedLayer(new.name, new.pixels, new.x, new.y, new.recipe, above, group, key))
        return key

    def fitted(self, pixels: Pixels, transform: Transform, width: int, height: int) -> Pixels:
        turn = transform.turn
        rgba = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, len(pixels.channels))
        rgba = rgba.swapaxes(0, 1) if turn.transposed else rgba
        rgba = rgba[:: -1 if turn.flipped_y else 1, :: -1 if turn.flipped_x else 1]
        scaled = np.asarray(Image.fromarray(np.ascontiguousarray(rgba)).resize((width, height)))
        return Pixels(scaled.reshape(-1).data, width, height, pixels.channels)

    def recipe_of(self, layer: str) -> str:
        """``layer``: a layer's name."""
        return next((found.recipe for found in reversed(self.inserted) if found.name == layer), "")

    def keep_attachment(self, name: str, data: bytes) -> None:
        self.attachments[name] = data

    def attachment(self, name: str) -> bytes:
        return self.attachments.get(name, b"")


@dataclass
class MemoryEditor:
    """Keeps what is shown. Its event loop runs in ``run_until``."""

    document: MemoryDocument | None = None
    quitting_s: float = 0.0
    progress: list[Progress] = field(default_factory=lambda: [])
    previews: list[tuple[str, Pixels, Rect]] = field(default_factory=lambda: [])
    finished: list[tuple[str, str]] = field(default_factory=lambda: [])
    errors: list[tuple[str, str]] = field(default_factory=lambda: [])
    waiting: tuple[WaitingResult, ...] = ()
    queue: tuple[QueuedJob, ...] = ()
    history: tuple[HistoryItem, ...] = ()
    maps: list[tuple[str, str]] = field(default_factory=lambda: [])
    on_canvas: tuple[Pixels, int, int] | None = None

    def __post_init__(self) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()

    def active_document(self) -> MemoryDocument | None:
        return self.document

    def show_progress(self, progress: Progress) -> None:
        self.progress.append(progress)

    def show_preview(self, job: str, document: Document, preview: Pixels, region: Rect) -> None:  # noqa: ARG002
        self.previews.append((job, preview, region))

    def show_finished(self, job: str, message: str) -> None:
        self.finished.append((job, message))

    def show_error(self, job: str, message: str) -> None:
        self.errors.append((job, message))

    def show_waiting(self, results: Sequence[WaitingResult]) -> None:
        self.waiting = tuple(results)

    def show_queue(self, jobs: Sequence[QueuedJob]) -> None:
        self.queue = tuple(jobs)

    def show_map(self, kind: str, layer: str) -> None:
        self.maps.append((kind, layer))

    def show_history(self, items: Sequence[HistoryItem]) -> None:
        self.history = tuple(items)

    def show_on_canvas(self, document: Document, patch: Pixels, x: int, y: int) -> None:  # noqa: ARG002
        self.on_canvas = (patch, x, y)

    def clear_canvas(self, document: Document) -> None:  # noqa: ARG002
        self.on_canvas = None

    def deliver(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def run_until(self, condition: Callable[[], bool], within_s: float) -> None:
        """Run what was delivered until ``condition`` holds.

        Raises:
            VelaturaError: ``worker_hung`` when it does not in time.
        """
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise VelaturaError("worker_hung", f"Nothing came within {within_s:g} s. Run: velatura doctor")
            try:
                self._calls.get(timeout=0.05)()
            except queue.Empty:
                continue
