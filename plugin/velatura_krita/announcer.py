"""Tells what goes on to a painter who has no Velatura docker open."""

from typing import Any, Sequence

from krita import Krita

from velatura_client.editor import Progress, WaitingResult
from velatura_client.texts import tr

from .docker import IDENTIFIER
from .editor import KritaEditor
from .qt import QMessageBox, Qt
from .waiting_row import offer_of

#: Krita's floating message: how long it stays, and its middle priority.
SHOWN_MS = 2500
MEDIUM = 1


class Announcer:
    """Progress floats over the canvas; an error is a message that waits to be read."""

    def __init__(self, editor: KritaEditor) -> None:
        editor.progressed.connect(self._show_progress)
        editor.finished.connect(self._show_finished)
        editor.failed.connect(self._show_error)
        editor.waiting_changed.connect(self._show_waiting)

    def _show_progress(self, progress: Progress) -> None:
        self._float(progress.text)

    def _show_finished(self, _job: str, message: str) -> None:
        self._float(message)

    def _show_waiting(self, waiting: Sequence[WaitingResult]) -> None:
        if waiting:
            self._float(tr("{offer}. See Tools > Velatura > Insert Waiting Result.", offer=offer_of(waiting)))

    def _float(self, text: str) -> None:
        window = Krita.instance().activeWindow()
        if text and window is not None and window.activeView() is not None and not _docker_is_visible():
            icon = Krita.instance().icon("draw-brush")
            window.activeView().showFloatingMessage(text, icon, SHOWN_MS, MEDIUM)

    def _show_error(self, _job: str, message: str) -> None:
        if _docker_is_visible():
            return
        window: Any = Krita.instance().activeWindow()
        parent = window.qwindow() if window is not None else None
        box = QMessageBox(QMessageBox.Icon.Warning, "Velatura", message, QMessageBox.StandardButton.Ok, parent)
        box.setObjectName("velatura_error")
        box.setTextFormat(Qt.TextFormat.PlainText)  # it may name a prompt or a file, which is no markup
        box.button(QMessageBox.StandardButton.Ok).setText(tr("OK"))
        box.open()


def _docker_is_visible() -> bool:
    return any(docker.objectName() == IDENTIFIER and docker.isVisible() for docker in Krita.instance().dockers())
