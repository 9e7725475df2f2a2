"""The big button, which says what it will do, and the one that stops it."""

from typing import Any, Callable

from velatura_client.intent import GENERATE, INTENTS
from velatura_client.texts import tr

from ..intents import help_of, label_of
from ..look import make_bold
from ..qt import QMenu, QPushButton, QSizePolicy, Qt, QToolButton
from .eliding import tip
from .row import Row

#: Pixels. As high as Krita's larger buttons.
_HEIGHT = 32


class RunRow(Row):
    """``begin(intent)`` and ``cancel()`` are called by a click."""

    def __init__(self, parent: Any, *, begin: Callable[[str], None], cancel: Callable[[], None]) -> None:
        super().__init__(parent)
        self._intent = GENERATE
        self._button = QToolButton(self)
        self._button.setObjectName("velatura_begin")
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self._button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._button.setMinimumHeight(_HEIGHT)
        make_bold(self._button)
        self._button.clicked.connect(lambda: begin(self._intent))
        menu = QMenu(self._button)
        for intent in INTENTS:
            action = menu.addAction(label_of(intent))
            action.setToolTip(help_of(intent))
            action.triggered.connect(lambda _checked=False, intent=intent: begin(intent))
        menu.setToolTipsVisible(True)
        self._button.setMenu(menu)
        self._cancel = QPushButton(tr("Cancel"), self)
        self._cancel.setObjectName("velatura_cancel_button")
        self._cancel.setToolTip(tr("Stop every job that was begun here"))
        self._cancel.setMinimumHeight(_HEIGHT)
        self._cancel.clicked.connect(lambda: cancel())
        self.add(self._button, 1)
        self.add(self._cancel)
        self.show_intent(GENERATE, label_of(GENERATE), help_of(GENERATE))
        self.show_running(False)

    @property
    def intent(self) -> str:
        return self._intent

    def show_intent(self, intent: str, label: str, sentence: str) -> None:
        self._intent = intent
        self._button.setText(label)
        self._button.setToolTip(tip(label, f"{sentence} (Ctrl+Enter)"))

    def show_running(self, is_running: bool) -> None:
        self._cancel.setEnabled(is_running)
