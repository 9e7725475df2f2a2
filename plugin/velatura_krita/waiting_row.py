"""Offers a finished picture that no document has taken."""

from typing import Any, Callable, Sequence

from velatura_client.editor import WaitingResult

from .qt import QHBoxLayout, QLabel, QPushButton, Qt, QVBoxLayout, QWidget


def offer_of(waiting: Sequence[WaitingResult]) -> str:
    """The oldest picture's offer in one line; "" without any."""
    if not waiting:
        return ""
    label = " ".join(waiting[0].label.split())
    named = f': "{label}"' if label else ""
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return f"A finished picture is waiting{named}{more}"


class WaitingRow(QWidget):
    """A line and two buttons, which are there only while something waits."""

    def __init__(self, parent: Any, *, insert: Callable[[str], None], discard: Callable[[str], None]) -> None:
        """``insert`` and ``discard`` get the id of the job that is offered."""
        super().__init__(parent)
        self._job = ""
        self._offer = QLabel(self)
        self._offer.setObjectName("velatura_waiting")
        self._offer.setTextFormat(Qt.TextFormat.PlainText)  # a prompt is no markup
        self._offer.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._offer)
        row = QHBoxLayout()
        for text, name, action in (("Insert", "insert", insert), ("Discard", "discard", discard)):
            button = QPushButton(text, self)
            button.setObjectName(f"velatura_button_{name}_waiting")
            button.clicked.connect(lambda _checked=False, action=action: action(self._job))
            row.addWidget(button)
        layout.addLayout(row)
        self.show_waiting(())

    def show_waiting(self, waiting: Sequence[WaitingResult]) -> None:
        self._job = waiting[0].job if waiting else ""
        self._offer.setText(offer_of(waiting))
        self.setVisible(bool(waiting))
