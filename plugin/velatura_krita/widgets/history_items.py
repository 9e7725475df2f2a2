"""What the list of the history draws: headings, thumbnails, and the mark of a picture that stands in the document."""

from dataclasses import dataclass
from typing import Any

from velatura_client.editor import HistoryItem

from ..pixels import image_of_pixels
from ..qt import (
    QColor,
    QFontMetrics,
    QIcon,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QPointF,
    QRectF,
    QSize,
    QStandardItem,
    QStyle,
    QStyledItemDelegate,
    Qt,
)
from .margin import without_margin

#: Pixels: a picture's cell, its picture, and the mark of one that stands in the document.
CELL = 72
_PICTURE = 64
_MARK = 14
#: Pixels between prompt and time, and at the sides of a heading.
_GAP = 6
_SIDE = 3
#: How much of a picture is seen whose pixels are lost.
_LOST_OPACITY = 0.35
#: Where an item keeps its key, its heading's time, whether it is applied or lost, and whether it is a heading.
KEY = Qt.ItemDataRole.UserRole
_APPLIED = Qt.ItemDataRole.UserRole + 1
HEADING = Qt.ItemDataRole.UserRole + 2
_BESIDE = Qt.ItemDataRole.UserRole + 3
_LOST = Qt.ItemDataRole.UserRole + 4


@dataclass(frozen=True)
class HeadingText:
    """``prompt`` is cut to what fits, ``beside`` stands at its right, ``whole`` is the tool tip."""

    prompt: str
    beside: str
    whole: str

    def put_on(self, item: Any, tip: str) -> None:
        item.setText(self.prompt)
        item.setData(self.beside, _BESIDE)
        item.setToolTip(tip)


def heading_item(key: str) -> Any:
    """Neither chosen nor reached by keys, which go from picture to picture."""
    made = QStandardItem()
    made.setData(key, KEY)
    made.setData(True, HEADING)
    made.setFlags(Qt.ItemFlag.NoItemFlags)
    return made


def picture_item(item: HistoryItem) -> Any:
    pixmap = QPixmap.fromImage(without_margin(image_of_pixels(item.thumbnail)))
    made = QStandardItem(QIcon(pixmap), "")
    made.setData(item.key, KEY)
    return made


def mark_item(made: Any, item: HistoryItem, tip: str) -> None:
    made.setData(item.is_applied, _APPLIED)
    made.setData(item.is_lost, _LOST)
    made.setToolTip(tip)


class HistoryDelegate(QStyledItemDelegate):
    """A heading is as wide as the list; a picture has a frame when it is selected."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: Any, index: Any) -> Any:  # noqa: N802 - Qt's name
        if not index.data(HEADING):
            return QSize(CELL, CELL)
        return QSize(self._view.viewport().width(), QFontMetrics(self._view.font()).height() + 2 * _SIDE)

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        painter.save()
        if index.data(HEADING):
            self._paint_heading(painter, option.rect, index)
        else:
            self._paint_picture(painter, option, index)
        painter.restore()

    def _paint_heading(self, painter: Any, rect: Any, index: Any) -> None:
        palette = self._view.palette()
        font = self._view.font()
        painter.setFont(font)
        metrics = QFontMetrics(font)
        inside = rect.adjusted(_SIDE, 0, -_SIDE, 0)
        beside = index.data(_BESIDE)
        room = inside.width() - metrics.horizontalAdvance(beside) - _GAP
        if room < inside.width() // 2:
            beside, room = "", inside.width()  # the tool tip says it too; the prompt is what is looked for
        painter.setPen(palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text))
        painter.drawText(inside, _line(Qt.AlignmentFlag.AlignRight), beside)
        prompt = metrics.elidedText(index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideRight, room)
        painter.setPen(palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text))
        painter.drawText(inside, _line(Qt.AlignmentFlag.AlignLeft), prompt)

    def _paint_picture(self, painter: Any, option: Any, index: Any) -> None:
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        cell = QRectF(option.rect)
        highlight = option.palette.color(QPalette.ColorRole.Highlight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        pixmap = icon.pixmap(QSize(96, 96))
        scale = min(_PICTURE / max(1, pixmap.width()), _PICTURE / max(1, pixmap.height()))
        width, height = pixmap.width() * scale, pixmap.height() * scale
        place = QRectF(cell.center().x() - width / 2, cell.center().y() - height / 2, width, height)
        painter.setOpacity(_LOST_OPACITY if index.data(_LOST) else 1.0)
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        painter.setOpacity(1.0)
        if option.state & QStyle.StateFlag.State_Selected:
            pen = QPen(highlight)
            pen.setWidthF(2)
            painter.setPen(pen)
            painter.drawRect(place.adjusted(-2, -2, 2, 2))
        if index.data(_APPLIED):
            _paint_mark(painter, QPointF(place.right() - _MARK / 2 - 2, place.bottom() - _MARK / 2 - 2), highlight)


def _line(alignment: Any) -> int:
    """The flags of one line of text; PyQt6 does not mix its two kinds by itself."""
    flags = (alignment, Qt.AlignmentFlag.AlignVCenter, Qt.TextFlag.TextSingleLine)
    return sum(int(getattr(flag, "value", flag)) for flag in flags)


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
