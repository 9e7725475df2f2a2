"""How far the job is, or what went wrong with it."""

from typing import Any, Callable

from velatura_client.editor import Progress
from velatura_client.texts import tr

from ..look import follow_look
from ..qt import QHBoxLayout, QLabel, QProgressBar, QPushButton, Qt, QVBoxLayout, QWidget
from .icons import krita_icon

#: Pixels.
_BAR_HEIGHT = 6
_ICON_SIDE = 16


class StatusRow(QWidget):
    """A thin bar that keeps its place, and a line under it.

    After an error a button to ``repeat()``, after a result that lies outside in part one to ``enlarge()`` the canvas.
    """

    def __init__(self, parent: Any, *, repeat: Callable[[], None], enlarge: Callable[[], None]) -> None:
        super().__init__(parent)
        self._bar = QProgressBar(self)
        self._bar.setObjectName("velatura_progress")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(_BAR_HEIGHT)
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # so that nothing jumps when a job begins and ends
        self._bar.setSizePolicy(policy)
        self._sign = QLabel(self)
        follow_look(self._sign, lambda: self._sign.setPixmap(krita_icon("warning").pixmap(_ICON_SIDE, _ICON_SIDE)))
        self._status = QLabel(self)
        self._status.setObjectName("velatura_status")
        self._status.setTextFormat(Qt.TextFormat.PlainText)  # it may name a prompt, which is no markup
        self._status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._status.setWordWrap(True)
        follow_look(self._status, lambda: self._status.setMinimumHeight(self._status.fontMetrics().lineSpacing()))
        self._repeat = QPushButton(tr("Repeat"), self)
        self._repeat.setObjectName("velatura_repeat")
        self._repeat.setToolTip(tr("Begin the same job again"))
        self._repeat.clicked.connect(lambda: repeat())
        self._enlarge = QPushButton(tr("Enlarge Canvas to Fit"), self)
        self._enlarge.setObjectName("velatura_enlarge_button")
        self._enlarge.setToolTip(tr("Make the canvas as large as what results reach beyond it"))
        self._enlarge.clicked.connect(lambda: enlarge())
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._status, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._bar)
        layout.addLayout(line)
        layout.addWidget(self._repeat, 0, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self._enlarge, 0, Qt.AlignmentFlag.AlignRight)
        self.show_idle("")

    def show_progress(self, progress: Progress, time_left: str) -> None:
        """``time_left``: a few words, may be ""."""
        self._show(f"{progress.text} · {time_left}" if time_left else progress.text)
        # a range of 0 to 0 is Qt's "busy, nobody knows how long"
        self._bar.setRange(0, 0 if progress.fraction is None else 1000)
        self._bar.setValue(round(1000 * (progress.fraction or 0)))
        self._bar.setVisible(True)

    def show_idle(self, message: str, *, can_enlarge: bool = False) -> None:
        self._show(message)
        self._bar.hide()
        self._enlarge.setVisible(can_enlarge)

    def show_error(self, message: str, *, can_repeat: bool) -> None:
        self._show(message)
        self._bar.hide()
        self._sign.show()
        self._repeat.setVisible(can_repeat)

    def _show(self, text: str) -> None:
        self._status.setText(text)
        self._sign.hide()
        self._repeat.hide()
        self._enlarge.hide()
