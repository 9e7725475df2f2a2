"""The jobs that were begun here and are not over."""

from typing import Any, Callable, Dict, Sequence

from velatura_client.editor import QueuedJob
from velatura_client.texts import tr

from ..qt import QHBoxLayout, Qt, QToolButton, QVBoxLayout, QWidget
from .eliding import ElidingLabel
from .icons import keep_icon, krita_icon
from .row import Row


class QueueList(QWidget):
    """A line per job, each with a button that calls ``cancel(job)``. It is there from the second job on."""

    def __init__(self, parent: Any, *, cancel: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_queue")
        self._cancel = cancel
        self._lines: Dict[str, _Line] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.show_queue(())

    def show_queue(self, jobs: Sequence[QueuedJob]) -> None:
        for job in set(self._lines) - {queued.job for queued in jobs}:
            line = self._lines.pop(job)
            self._layout.removeWidget(line)
            line.deleteLater()
        for queued in jobs:
            if queued.job not in self._lines:
                line = _Line(self, lambda job=queued.job: self._cancel(job))
                self._lines[queued.job] = line
                self._layout.addWidget(line)
            self._lines[queued.job].show_job(queued)
        self.setVisible(len(jobs) > 1)


class _Line(QWidget):
    def __init__(self, parent: Any, cancel: Callable[[], None]) -> None:
        super().__init__(parent)
        self._label = ElidingLabel(self, least_signs=8)
        self._state = ElidingLabel(self, least_signs=40)
        self._state.setEnabled(False)  # less loud than the prompt
        button = QToolButton(self)
        button.setObjectName("velatura_cancel_job")
        button.setAutoRaise(True)
        keep_icon(button, lambda: krita_icon("dialog-cancel"))
        button.setToolTip(tr("Cancel this job"))
        button.clicked.connect(lambda: cancel())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        texts = Row(self, spacing=6)
        texts.add(self._label, 1)
        texts.add(self._state)
        layout.addWidget(texts, 1)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def show_job(self, queued: QueuedJob) -> None:
        for label, text in ((self._label, queued.label), (self._state, queued.text)):
            shown = " ".join(text.split()) or tr("(no prompt)")
            label.setText(shown)
            label.setToolTip(shown)
