"""The finished pictures as thumbnails, those of a job beneath its heading."""

import html
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from velatura_client.editor import HistoryItem
from velatura_client.texts import tr

from ..qt import QAbstractItemView, QListView, QMenu, QStandardItemModel, Qt, Signal
from .history_items import CELL, HEADING, KEY, HeadingText, HistoryDelegate, heading_item, mark_item, picture_item

#: What a row of the list holds.
_Row = Union[HistoryItem, HeadingText]
#: Pixels: a heading, also in a large font, and one row of pictures can be seen.
_LEAST_HEIGHT = CELL + 34


class HistoryView(QListView):
    """Signals carry the key of a picture; ``asked(what, key)``: an entry of the context menu, one of ``ENTRIES``."""

    shown = Signal(str)
    applied = Signal(str)
    asked = Signal(str, str)

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_history")
        # rows from left to right; a heading is as wide as the list, and so has a row for itself
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # always there: rows that are laid out anew for it would need it no more, and so on without an end
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self._items = QStandardItemModel(self)
        self._known: Dict[str, HistoryItem] = {}
        self._headings: Dict[str, HeadingText] = {}
        self.setModel(self._items)
        self.setItemDelegate(HistoryDelegate(self))
        self.clicked.connect(self._on_click)
        self.doubleClicked.connect(self._on_double_click)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def show_history(self, items: Sequence[HistoryItem]) -> None:
        """Newest first. Pictures that are there already keep their place and are not made anew."""
        rows = _rows_of(items)
        wanted = {key for key, _ in rows}
        for row in range(self._items.rowCount() - 1, -1, -1):
            if self._key_in(row) not in wanted:
                key = self._items.takeRow(row)[0].data(KEY)
                self._known.pop(key, None)
                self._headings.pop(key, None)
        for row, (key, item) in enumerate(rows):
            if row >= self._items.rowCount() or self._key_in(row) != key:
                self._items.insertRow(row, self._take_or_make(key, item))
            if isinstance(item, HeadingText):
                if self._headings.get(key) != item:
                    self._headings[key] = item
                    item.put_on(self._items.item(row), _plain(item.whole))
            elif self._known.get(key) != item:
                self._known[key] = item
                mark_item(self._items.item(row), item, _plain(_tip(item)))

    def select(self, key: str) -> None:
        """Mark the picture that is shown over the canvas; "" = none."""
        row = next((row for row in range(self._items.rowCount()) if self._key_in(row) == key), -1)
        if not key or row < 0:
            self.clearSelection()
            return
        index = self._items.index(row, 0)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        elif key != self.selected():
            self.setCurrentIndex(index)

    def selected(self) -> str:
        indexes = self.selectedIndexes()
        return indexes[0].data(KEY) if indexes else ""

    def row_of(self, key: str) -> int:
        """Of a picture in the model, -1 = it is not there. For tests."""
        return next((row for row in range(self._items.rowCount()) if self._key_in(row) == key), -1)

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        key = self.selected()
        if key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.applied.emit(key)
        elif key and event.key() == Qt.Key.Key_Space:
            self.shown.emit(key)
        elif key and event.key() == Qt.Key.Key_Delete:
            self.asked.emit("delete", key)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Who comes with the Tab key stands on a picture, never on a heading."""
        super().focusInEvent(event)
        if not self.selectedIndexes() and event.reason() != Qt.FocusReason.MouseFocusReason:
            row = next((row for row in range(self._items.rowCount()) if self._key_in(row) in self._known), -1)
            if row >= 0:
                self.setCurrentIndex(self._items.index(row, 0))

    def _key_in(self, row: int) -> str:
        return self._items.item(row).data(KEY)

    def _take_or_make(self, key: str, item: _Row) -> Any:
        """The row of that key from further below, else a new one."""
        row = self.row_of(key)
        if row >= 0:
            return self._items.takeRow(row)
        return [heading_item(key) if isinstance(item, HeadingText) else picture_item(item)]

    def _on_click(self, index: Any) -> None:
        if not index.data(HEADING):
            self.shown.emit(index.data(KEY))

    def _on_double_click(self, index: Any) -> None:
        if not index.data(HEADING):
            self.applied.emit(index.data(KEY))

    def _open_menu(self, place: Any) -> None:
        index = self.indexAt(place)
        if not index.isValid() and self.selected():
            index = self.currentIndex()  # asked for with a key
            place = self.visualRect(index).center()
        item = self._known.get(index.data(KEY)) if index.isValid() else None
        if item is None:
            return
        self.setCurrentIndex(index)
        menu = context_menu(self, item, lambda what: self.asked.emit(what, item.key))
        menu.popup(self.viewport().mapToGlobal(place))


def context_menu(parent: Any, item: HistoryItem, ask: Callable[[str], None]) -> Any:
    """What can be done with one picture; ``ask`` gets the word for it."""
    menu = QMenu(parent)
    menu.setObjectName("velatura_history_menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    entries: Sequence[Optional[Tuple[str, str, bool]]] = (
        ("apply", tr("Apply"), not item.is_lost),
        ("apply_group", tr("Apply All of This Job as a Group"), not item.is_lost),
        ("again", tr("Again with a New Seed"), True),
        ("make_again", tr("Make Again (the Same Picture)"), item.can_be_made_again),
        None,
        ("prompt", tr("Use Its Prompt"), True),
        ("seed", tr("Use Its Seed"), True),
        ("settings", tr("Use Its Prompt and Settings"), True),
        ("copy_seed", tr("Copy Seed"), True),
        ("save", tr("Save as PNG..."), not item.is_lost),
        None,
        ("delete", tr("Delete"), True),
    )
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        else:
            word, text, is_enabled = entry
            action = menu.addAction(text)
            action.setEnabled(is_enabled)
            action.triggered.connect(lambda _checked=False, word=word: ask(word))
    return menu


def _rows_of(items: Sequence[HistoryItem]) -> List[Tuple[str, _Row]]:
    """A heading before the pictures of each job; with a key of its own, which no picture has."""
    rows: List[Tuple[str, _Row]] = []
    counts: Dict[str, int] = {}
    for item in items:
        counts[item.job] = counts.get(item.job, 0) + 1
    job = ""
    for item in items:
        if item.job != job:
            job = item.job
            rows.append((f"{job}/heading", _heading(item, counts[job])))
        rows.append((item.key, item))
    return rows


def _heading(item: HistoryItem, count: int) -> HeadingText:
    prompt = " ".join(item.prompt.split()) or tr("(no prompt)")
    made = time.localtime(item.made_at)
    is_today = made[:3] == time.localtime()[:3]
    when = time.strftime("%H:%M" if is_today else "%Y-%m-%d", made)
    beside = when if count == 1 else tr("{time} ({count})", time=when, count=count)
    whole = tr(
        "{prompt}\nMade {time}, pictures: {count}",
        prompt=item.prompt.strip() or tr("(no prompt)"),
        time=time.strftime("%Y-%m-%d %H:%M", made),
        count=count,
    )
    return HeadingText(prompt, beside, whole)


def _tip(item: HistoryItem) -> str:
    prompt = " ".join(item.prompt.split()) or tr("(no prompt)")
    if item.is_applied:
        state = tr("In the picture as a layer")
    elif not item.is_lost:
        state = tr("Click shows it, double click applies it")
    elif item.can_be_made_again:
        state = tr("Its pixels are not kept any more; it can be made again from its menu")
    else:
        state = tr("Its pixels are not kept any more; its prompt and seed are in its menu")
    return tr("{prompt}\nSeed {seed}\n{state}", prompt=prompt, seed=item.seed, state=state)


def _plain(text: str) -> str:
    """A tool tip that Qt takes for what it says, not for markup, and breaks into lines."""
    return "<qt>" + html.escape(text).replace("\n", "<br>") + "</qt>"
