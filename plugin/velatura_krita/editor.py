"""Krita as ``velatura_client.editor.Editor``: what a job shows goes to everybody who connects to the signals."""

from typing import Any, Optional, Sequence, Tuple

from krita import Krita

from velatura_client.editor import Pixels, Progress, WaitingResult
from velatura_protocol.images import Rect

from .brush_guard import BrushGuard
from .document import KritaDocument
from .pixels import image_of_pixels
from .qt import QObject, Signal


class KritaEditor(QObject):
    """Signals: ``began(prompt)``, ``progressed(Progress)``, ``previewed(job, QImage)``, ``finished`` and ``failed``
    ``(job, text)``, ``waiting_changed(waiting)``.

    Attributes:
        waiting: what was shown last, oldest first.
    """

    began = Signal(str)
    progressed = Signal(object)
    previewed = Signal(str, object)
    finished = Signal(str, str)
    failed = Signal(str, str)
    waiting_changed = Signal(object)

    def __init__(self, guard: BrushGuard) -> None:
        super().__init__()
        self._guard = guard
        self.waiting: Tuple[WaitingResult, ...] = ()

    def active_document(self) -> Optional[KritaDocument]:
        document: Any = Krita.instance().activeDocument()
        return None if document is None else KritaDocument(document, self._guard)

    def show_progress(self, progress: Progress) -> None:
        self.progressed.emit(progress)

    def show_preview(self, job: str, preview: Pixels, region: Rect) -> None:  # noqa: ARG002
        self.previewed.emit(job, image_of_pixels(preview))

    def show_finished(self, job: str, message: str) -> None:
        self.finished.emit(job, message)

    def show_error(self, job: str, message: str) -> None:
        self.failed.emit(job, message)

    def show_waiting(self, results: Sequence[WaitingResult]) -> None:
        self.waiting = tuple(results)
        self.waiting_changed.emit(self.waiting)
