"""Offers a finished picture that no document has taken."""

from typing import Any, Callable, Sequence

from velatura_client.editor import WaitingResult
from velatura_client.texts import tr

from .qt import QLabel, QPushButton, Qt, QVBoxLayout, QWidget
from .widgets.row import Row


def offer_of(waiting: Sequence[WaitingResult]) -> str:
    """The oldest picture's offer in one line; "" without any."""
    if not waiting:
        return ""
    label, more = " ".join(waiting[0].label.split()), len(waiting) - 1
    if label and more:
        return tr('A finished picture is waiting: "{label}" (and {more} more)', label=label, more=more)
    if label:
        return tr('A finished picture is waiting: "{label}"', label=label)
    return (
        tr("A finished picture is waiting (and {more} more)", more=more)
        if more
        else tr("A finished picture is waiting")
    )


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
        row = Row(self)
        for text, name, action in ((tr("Insert"), "insert", insert), (tr("Discard"), "discard", discard)):
            button = QPushButton(text, self)
            button.setObjectName(f"velatura_button_{name}_waiting")
            button.clicked.connect(lambda _checked=False, action=action: action(self._job))
            row.add(button, 1)
        layout.addWidget(row)
        self.show_waiting(())

    def show_waiting(self, waiting: Sequence[WaitingResult]) -> None:
        self._job = waiting[0].job if waiting else ""
        self._offer.setText(offer_of(waiting))
        self.setVisible(bool(waiting))
