"""An editor without a window: a document in memory, for measuring what a menu action costs."""

import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from velatura_client.editor import Pixels, Progress, WaitingResult
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect


@dataclass(frozen=True)
class InsertedLayer:
    name: str
    patch: Pixels
    x: int
    y: int
    recipe: str
    above: str


@dataclass
class MemoryDocument:
    """``canvas``: (height, width, 4) RGBA uint8; ``selected``: everything in it is selected, None = no selection."""

    canvas: NDArray[np.uint8]
    selected: Rect | None = None
    key: str = "document"
    open: bool = True
    active: str = "layer"
    layers: list[InsertedLayer] = field(default_factory=lambda: [])

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

    def read_canvas(self, rect: Rect) -> Pixels:
        part = np.ascontiguousarray(self.canvas[rect.y : rect.bottom, rect.x : rect.right])
        return Pixels(part.reshape(-1).data, rect.width, rect.height, "RGBA")

    def read_layer(self, rect: Rect) -> Pixels:
        return self.read_canvas(rect)

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

    def insert_layer(self, name: str, patch: Pixels, x: int, y: int, recipe: str, *, above: str) -> None:
        self.layers.append(InsertedLayer(name, patch, x, y, recipe, above))


@dataclass
class MemoryEditor:
    """Keeps what is shown. Its event loop runs in ``run_until``."""

    document: MemoryDocument | None = None
    progress: list[Progress] = field(default_factory=lambda: [])
    previews: list[tuple[str, Pixels, Rect]] = field(default_factory=lambda: [])
    finished: list[tuple[str, str]] = field(default_factory=lambda: [])
    errors: list[tuple[str, str]] = field(default_factory=lambda: [])
    waiting: tuple[WaitingResult, ...] = ()

    def __post_init__(self) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()

    def active_document(self) -> MemoryDocument | None:
        return self.document

    def show_progress(self, progress: Progress) -> None:
        self.progress.append(progress)

    def show_preview(self, job: str, preview: Pixels, region: Rect) -> None:
        self.previews.append((job, preview, region))

    def show_finished(self, job: str, message: str) -> None:
        self.finished.append((job, message))

    def show_error(self, job: str, message: str) -> None:
        self.errors.append((job, message))

    def show_waiting(self, results: Sequence[WaitingResult]) -> None:
        self.waiting = tuple(results)

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
