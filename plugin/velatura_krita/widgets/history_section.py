"""The history with its heading, and what is done with the picture that is marked."""

from typing import TYPE_CHECKING, Any, Sequence

from velatura_client.editor import HistoryItem
from velatura_client.texts import tr

from ..qt import QLabel, QPushButton, QVBoxLayout, QWidget
from .history_view import HistoryView
from .row import Row

if TYPE_CHECKING:
    from ..plugin import Plugin


class HistorySection(QWidget):
    """There from the first picture on."""

    def __init__(self, parent: Any, plugin: "Plugin") -> None:
        super().__init__(parent)
        self._results = results = plugin.results
        self._view = HistoryView(self)
        self._view.shown.connect(results.show)
        self._view.applied.connect(results.apply)
        self._view.asked.connect(lambda what, key: results.do(what, key, self.window()))
        results.shown_changed.connect(self._show_shown)
        head = Row(self)
        head.add(QLabel(tr("History"), self), 1)
        self._apply = QPushButton(tr("Apply"), self)
        self._apply.setObjectName("velatura_apply")
        self._apply.setToolTip(tr("Put the shown picture in as a layer: one undo step"))
        self._apply.clicked.connect(lambda: results.apply(results.shown))
        self._hide = QPushButton(tr("Hide"), self)
        self._hide.setObjectName("velatura_hide")
        self._hide.setToolTip(tr("Take the shown picture off the canvas"))
        self._hide.clicked.connect(lambda: results.hide())
        for button in (self._apply, self._hide):
            head.add(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(head)
        layout.addWidget(self._view, 1)
        self._show_shown(results.shown)

    def show_history(self, items: Sequence[HistoryItem]) -> None:
        self._view.show_history(items)
        self._view.select(self._results.shown)
        self.setVisible(bool(items))

    def _show_shown(self, key: str) -> None:
        self._view.select(key)
        for button in (self._apply, self._hide):
            button.setEnabled(bool(key))
