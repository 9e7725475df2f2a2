"""Says that no daemon is there yet, and offers to start it."""

from typing import Any, Callable

from velatura_client.texts import tr

from ..qt import QLabel, QPushButton
from .row import Row


class EngineRow(Row):
    """There until the catalogue has come."""

    def __init__(self, parent: Any, *, start: Callable[[], None]) -> None:
        super().__init__(parent)
        text = QLabel(tr("The engine starts with the first picture. Then its settings can be chosen here."), self)
        text.setObjectName("velatura_engine")
        text.setWordWrap(True)
        text.setEnabled(False)
        button = QPushButton(tr("Start Now"), self)
        button.setObjectName("velatura_start_engine")
        button.clicked.connect(lambda: start())
        self.add(text, 1)
        self.add(button)
