"""A field for a prompt of several lines."""

from typing import Any

from .qt import QPlainTextEdit, Qt, Signal


class PromptEdit(QPlainTextEdit):
    """Ctrl+Enter emits ``accepted``; Enter alone begins a line, and inside an input method chooses its candidate."""

    accepted = Signal()

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accepted.emit()
        else:
            super().keyPressEvent(event)
