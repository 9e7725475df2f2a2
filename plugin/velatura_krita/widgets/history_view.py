"""The finished pictures as thumbnails."""

from typing import Any, Callable, Dict, Optional, Sequence

from velatura_client.editor import HistoryItem
from velatura_client.texts import tr

from ..pixels import image_of_pixels
from ..qt import (
    QAbstractItemView,
    QColor,
    QIcon,
    QListView,
    QMenu,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QPointF,
    QRectF,
    QSize,
    QStandardItem,
    QStandardItemModel,
    QStyle,
    QStyledItemDelegate,
    Qt,
    Signal,
)
from .margin import without_margin

#: Pixels: a picture's cell, its picture, and the mark of one that stands in a document.
_CELL = 76
_PICTURE = 68
_MARK = 14
#: Where an item keeps its key, and whether it is applied.
_KEY = Qt.ItemDataRole.UserRole
_APPLIED = Qt.ItemDataRole.UserRole + 1


class HistoryView(QListView):
    """Signals carry the key of a picture; ``asked(what, key)``: an entry of the context menu, one of ``ENTRIES``."""

    shown = Signal(str)
    applied = Signal(str)
    asked = Signal(str, str)

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_history")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(_PICTURE, _PICTURE))
        self.setGridSize(QSize(_CELL, _CELL))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(_CELL + 8)
        self._items = QStandardItemModel(self)
        self._known: Dict[str, HistoryItem] = {}
        self.setModel(self._items)
        self.setItemDelegate(_Thumbnail(self))
        self.clicked.connect(lambda index: self.shown.emit(index.data(_KEY)))
        self.doubleClicked.connect(lambda index: self.applied.emit(index.data(_KEY)))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def show_history(self, items: Sequence[HistoryItem]) -> None:
        """Newest first. Pictures that are there already keep their place and are not made anew."""
        wanted = [item.key for item in items]
        for row in range(self._items.rowCount() - 1, -1, -1):
            if self._items.item(row).data(_KEY) not in wanted:
                self._known.pop(self._items.takeRow(row)[0].data(_KEY), None)
        for row, item in enumerate(items):
            present = self._items.item(row)
            if present is None or present.data(_KEY) != item.key:
                present = _standard_item(item)
                self._items.insertRow(row, present)
            if self._known.get(item.key) != item:
                self._known[item.key] = item
                present.setData(item.is_applied, _APPLIED)
                present.setToolTip(_tip(item))

    def select(self, key: str) -> None:
        """Mark the picture that is shown over the canvas; "" = none."""
        for row in range(self._items.rowCount()):
            if self._items.item(row).data(_KEY) == key:
                index = self._items.index(row, 0)
                self.setCurrentIndex(index)
                self.scrollTo(index)
                return
        self.clearSelection()

    def selected(self) -> str:
        indexes = self.selectedIndexes()
        return indexes[0].data(_KEY) if indexes else ""

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        key = self.selected()
        if key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.applied.emit(key)
        elif key and event.key() == Qt.Key.Key_Delete:
            self.asked.emit("delete", key)
        else:
            super().keyPressEvent(event)

    def _open_menu(self, place: Any) -> None:
        index = self.indexAt(place)
        if not index.isValid():
            return
        self.setCurrentIndex(index)
        menu = context_menu(self, lambda what: self.asked.emit(what, index.data(_KEY)))
        menu.popup(self.viewport().mapToGlobal(place))


def context_menu(parent: Any, ask: Callable[[str], None]) -> Any:
    """What can be done with one picture; ``ask`` gets the word for it."""
    menu = QMenu(parent)
    menu.setObjectName("velatura_history_menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    entries: Sequence[Optional[Sequence[str]]] = (
        ("apply", tr("Apply")),
        ("apply_group", tr("Apply All of This Job as a Group")),
        ("again", tr("Again with a New Seed")),
        None,
        ("prompt", tr("Use Its Prompt")),
        ("seed", tr("Use Its Seed")),
        ("copy_seed", tr("Copy Seed")),
        ("save", tr("Save as PNG...")),
        None,
        ("delete", tr("Delete")),
    )
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        else:
            word, text = entry
            menu.addAction(text).triggered.connect(lambda _checked=False, word=word: ask(word))
    return menu


def _standard_item(item: HistoryItem) -> Any:
    pixmap = QPixmap.fromImage(without_margin(image_of_pixels(item.thumbnail)))
    made = QStandardItem(QIcon(pixmap), "")
    made.setData(item.key, _KEY)
    return made


def _tip(item: HistoryItem) -> str:
    prompt = " ".join(item.prompt.split()) or tr("(no prompt)")
    state = tr("In the picture as a layer") if item.is_applied else tr("Click shows it, double click applies it")
    return tr("{prompt}\nSeed {seed}\n{state}", prompt=prompt, seed=item.seed, state=state)


class _Thumbnail(QStyledItemDelegate):
    """The picture, a frame when it is selected, and a mark when it stands in a document."""

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        cell = QRectF(option.rect)
        highlight = option.palette.color(QPalette.ColorRole.Highlight)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        pixmap = icon.pixmap(QSize(96, 96))
        scale = min(_PICTURE / max(1, pixmap.width()), _PICTURE / max(1, pixmap.height()))
        width, height = pixmap.width() * scale, pixmap.height() * scale
        place = QRectF(cell.center().x() - width / 2, cell.center().y() - height / 2, width, height)
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        if option.state & QStyle.StateFlag.State_Selected:
            pen = QPen(highlight)
            pen.setWidthF(2)
            painter.setPen(pen)
            painter.drawRect(place.adjusted(-2, -2, 2, 2))
        if index.data(_APPLIED):
            _paint_mark(painter, QPointF(place.right() - _MARK / 2 - 2, place.bottom() - _MARK / 2 - 2), highlight)
        painter.restore()

    def sizeHint(self, _option: Any, _index: Any) -> Any:  # noqa: N802 - Qt's name
        return QSize(_CELL, _CELL)


def _paint_mark(painter: Any, centre: Any, colour: Any) -> None:
    """A disc with a tick."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(centre, _MARK / 2, _MARK / 2)
    pen = QPen(QColor(Qt.GlobalColor.white))
    pen.setWidthF(1.6)
    painter.setPen(pen)
    for start, end in (((-3.2, 0.2), (-1.0, 2.4)), ((-1.0, 2.4), (3.2, -2.4))):
        painter.drawLine(centre + QPointF(*start), centre + QPointF(*end))
