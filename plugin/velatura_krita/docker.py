"""The panel: prompt, what to do with it, how far it is, and a way to stop."""

from typing import Any

from krita import DockWidget

from velatura_client.editor import Progress

from . import plugin
from .prompt_edit import PromptEdit
from .qt import QHBoxLayout, QLabel, QPixmap, QProgressBar, QPushButton, Qt, QVBoxLayout, QWidget
from .waiting_row import WaitingRow

IDENTIFIER = "velatura_docker"
#: Pixels. The panel shares a column with others, so it stays low.
PREVIEW_HEIGHT = 140
PROMPT_HEIGHT = 80
BUTTONS = (("Fill", "fill"), ("Generate", "generate"), ("Refine", "refine"))


class VelaturaDocker(DockWidget):
    """Krita makes one per window."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Velatura")
        self._plugin = plugin.instance()
        body = QWidget(self)
        self._prompt = self._make_prompt(body)
        self._preview = QLabel(body)
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._preview.hide()
        self._progress = QProgressBar(body)
        self._progress.setTextVisible(False)
        self._status = QLabel(body)
        self._status.setObjectName("velatura_status")
        self._status.setTextFormat(Qt.TextFormat.PlainText)  # it may name a prompt, which is no markup
        self._status.setWordWrap(True)
        self._cancel = QPushButton("Cancel", body)
        self._cancel.setObjectName("velatura_cancel_button")
        self._cancel.clicked.connect(lambda: self._plugin.cancel())
        self._waiting = WaitingRow(body, insert=self._plugin.insert_waiting, discard=self._plugin.discard_waiting)
        self._arrange(body)
        self.setWidget(body)
        self._show_idle("", "")
        editor = self._plugin.editor
        editor.began.connect(self._show_prompt)
        editor.progressed.connect(self._show_progress)
        editor.previewed.connect(self._show_preview)
        editor.finished.connect(self._show_idle)
        editor.failed.connect(self._show_idle)
        editor.waiting_changed.connect(self._waiting.show_waiting)
        self._waiting.show_waiting(editor.waiting)

    def canvasChanged(self, canvas: Any) -> None:  # noqa: N802 - Krita's name
        pass

    def _make_prompt(self, body: Any) -> PromptEdit:
        prompt = PromptEdit(body)
        prompt.setObjectName("velatura_docker_prompt")
        prompt.setPlainText(self._plugin.prompt)
        prompt.setPlaceholderText("What shall be there?")
        prompt.setMaximumHeight(PROMPT_HEIGHT)
        prompt.accepted.connect(self._begin_most_likely)
        return prompt

    def _arrange(self, body: Any) -> None:
        layout = QVBoxLayout(body)
        layout.addWidget(self._prompt)
        row = QHBoxLayout()
        for text, task in BUTTONS:
            button = QPushButton(text, body)
            button.setObjectName("velatura_button_" + task)
            button.clicked.connect(lambda _checked=False, task=task: self._begin(task))
            row.addWidget(button)
        layout.addLayout(row)
        row = QHBoxLayout()
        row.addWidget(self._progress)
        row.addWidget(self._cancel)
        layout.addLayout(row)
        for widget in (self._progress, self._cancel):
            # so that the panels around do not jump when a job begins and ends
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        layout.addWidget(self._status)
        layout.addWidget(self._waiting)
        layout.addWidget(self._preview)
        layout.addStretch()

    def _begin(self, task: str) -> None:
        self._plugin.begin(task, self._prompt.toPlainText().strip())

    def _show_prompt(self, prompt: str) -> None:
        if prompt != self._prompt.toPlainText().strip():
            self._prompt.setPlainText(prompt)

    def _begin_most_likely(self) -> None:
        """Ctrl+Enter: fill what is selected, else make a picture."""
        self._begin("generate" if self._plugin.obstacle("fill") else "fill")

    def _show_progress(self, progress: Progress) -> None:
        self._status.setText(progress.text)
        # a range of 0 to 0 is Qt's "busy, nobody knows how long"
        self._progress.setRange(0, 0 if progress.fraction is None else 1000)
        self._progress.setValue(round(1000 * (progress.fraction or 0)))
        self._progress.setVisible(True)
        self._cancel.setVisible(True)

    def _show_preview(self, _job: str, image: Any) -> None:
        room = self._preview.parentWidget().width() - 24
        scaled = image.scaled(
            max(1, room),
            PREVIEW_HEIGHT,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        self._preview.setPixmap(QPixmap.fromImage(scaled))
        self._preview.show()

    def _show_idle(self, _job: str, message: str) -> None:
        self._status.setText(message)
        self._progress.hide()
        self._cancel.hide()
        self._preview.hide()
