"""A field for a prompt of several lines."""

from typing import Any

from .look import follow_look
from .qt import QEvent, QPlainTextEdit, Qt, QTextCursor, Signal

#: Pixels above and below the lines that Qt does not count.
_MARGIN = 4


class PromptEdit(QPlainTextEdit):
    """Ctrl+Enter emits ``accepted``; Enter alone begins a line, and inside an input method chooses its candidate."""

    accepted = Signal()

    def __init__(self, parent: Any, *, least_lines: int = 3, most_lines: int = 3) -> None:
        """It is ``least_lines`` high and grows with its text up to ``most_lines``."""
        super().__init__(parent)
        self._lines = (least_lines, most_lines)
        self._is_composing = False
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._fit)
        follow_look(self, self._fit)

    def inputMethodEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().inputMethodEvent(event)
        self._is_composing = bool(event.preeditString())

    def focusOutEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self._is_composing = False

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if not self._is_composing:
                self.accepted.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: Any) -> bool:
        """Krita has shortcuts on Ctrl+Enter too; while a prompt is written, the key is the prompt's."""
        if event.type() == QEvent.Type.ShortcutOverride:
            is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.accept()
                return True
        return super().event(event)

    def replace(self, text: str) -> None:
        """Put ``text`` in the place of all, so that undo brings back what was there."""
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)

    def _fit(self) -> None:
        least, most = self._lines
        lines = min(max(self.document().size().height(), least), most)
        frame = 2 * (self.frameWidth() + self.document().documentMargin() + _MARGIN // 2)
        self.setFixedHeight(round(lines * self.fontMetrics().lineSpacing() + frame))
