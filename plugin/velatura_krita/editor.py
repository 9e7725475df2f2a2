"""Krita as ``velatura_client.editor.Editor``: what a job shows goes to everybody who connects to the signals."""

from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence, Tuple

from krita import Krita

from velatura_client.editor import HistoryItem, Pixels, Progress, QueuedJob, WaitingResult
from velatura_protocol.images import Rect

from .brush_guard import BrushGuard
from .document import KritaDocument
from .pixels import image_of_pixels
from .qt import QObject, Signal

if TYPE_CHECKING:
    from .canvas_overlay import CanvasOverlay

#: Krita tells of its end up to a second after it has closed the last document; large ones take long to close.
QUITTING_S = 5.0


class KritaEditor(QObject):
    """Signals: ``began(prompt)``, ``progressed(Progress)``, ``previewed(job, QImage)``, ``finished`` and ``failed``
    ``(job, text)``, ``waiting_changed(waiting)``, ``queue_changed(jobs)``, ``history_changed(items)``.

    Attributes:
        quitting_s: see ``velatura_client.editor.Editor``.
        waiting, queue, history: what was shown last, in the order of the signals.
        previews_on_canvas: pictures that are being painted are laid over the canvas.
    """

    began = Signal(str)
    progressed = Signal(object)
    previewed = Signal(str, object)
    finished = Signal(str, str)
    failed = Signal(str, str)
    waiting_changed = Signal(object)
    queue_changed = Signal(object)
    history_changed = Signal(object)
    map_made = Signal(str, str)

    def __init__(self, guard: BrushGuard) -> None:
        super().__init__()
        self._guard = guard
        self._overlay: Optional[CanvasOverlay] = None
        #: Where a job's previews went, and what lies over a document now: a job's preview, or "" for a result.
        self._documents: Dict[str, KritaDocument] = {}
        self._shown: Dict[str, str] = {}
        self.previews_on_canvas = True
        self.quitting_s = QUITTING_S
        self.waiting: Tuple[WaitingResult, ...] = ()
        self.queue: Tuple[QueuedJob, ...] = ()
        self.history: Tuple[HistoryItem, ...] = ()

    def active_document(self) -> Optional[KritaDocument]:
        document: Any = Krita.instance().activeDocument()
        return None if document is None else KritaDocument(document, self._guard)

    def show_progress(self, progress: Progress) -> None:
        self.progressed.emit(progress)

    def show_preview(self, job: str, document: KritaDocument, preview: Pixels, region: Rect) -> None:
        image = image_of_pixels(preview)
        self._documents[job] = document
        if self.previews_on_canvas:
            self._shown[document.key] = job
            self._canvas().show(document, image, region)
        elif self._shown.get(document.key) == job:
            self.clear_canvas(document)
        self.previewed.emit(job, image)

    def is_seen_on_canvas(self, job: str) -> bool:
        """Whether the job's preview lies over the picture that the painter has before the eyes."""
        document, active = self._documents.get(job), self.active_document()
        return (
            document is not None
            and active is not None
            and active.key == document.key
            and self._shown.get(document.key) == job
        )

    def show_finished(self, job: str, message: str) -> None:
        self._end(job)
        self.finished.emit(job, message)

    def show_error(self, job: str, message: str) -> None:
        self._end(job)
        self.failed.emit(job, message)

    def show_waiting(self, results: Sequence[WaitingResult]) -> None:
        self.waiting = tuple(results)
        self.waiting_changed.emit(self.waiting)

    def show_queue(self, jobs: Sequence[QueuedJob]) -> None:
        self.queue = tuple(jobs)
        self.queue_changed.emit(self.queue)

    def show_map(self, kind: str, layer: str) -> None:
        self.map_made.emit(kind, layer)

    def show_history(self, items: Sequence[HistoryItem]) -> None:
        self.history = tuple(items)
        self.history_changed.emit(self.history)

    def show_on_canvas(self, document: KritaDocument, patch: Pixels, x: int, y: int) -> None:
        self._shown[document.key] = ""
        self._canvas().show(document, image_of_pixels(patch), Rect(x, y, patch.width, patch.height))

    def clear_canvas(self, document: KritaDocument) -> None:
        self._shown.pop(document.key, None)
        if self._overlay is not None:
            self._overlay.clear(document)

    def close(self) -> None:
        """Take everything off every canvas."""
        if self._overlay is not None:
            self._overlay.clear_all()
            self._overlay = None

    def _end(self, job: str) -> None:
        """Take the job's own preview away; a result that lies in its place stays."""
        document = self._documents.pop(job, None)
        if document is not None and self._shown.get(document.key) == job:
            self.clear_canvas(document)

    def _canvas(self) -> "CanvasOverlay":
        # imported here because Krita waits for this plug-in when it starts
        from .canvas_overlay import CanvasOverlay

        if self._overlay is None:
            self._overlay = CanvasOverlay()
        return self._overlay
