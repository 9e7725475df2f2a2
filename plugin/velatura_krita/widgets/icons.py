"""Icons: Krita's own, which it has in dark and light, and the dice, which it lacks."""

from typing import Any, Callable

from krita import Krita

from ..look import follow_look
from ..qt import QIcon, QPainter, QPalette, QPen, QPixmap, QPointF, QRectF, Qt

#: Drawn at twice the size that is shown, for screens of high density.
_SIDE = 32
_PIPS = ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.3, 0.7), (0.7, 0.7))


def krita_icon(name: str) -> Any:
    """Krita's icon of this name for the present theme; an empty one when this Krita lacks it."""
    return Krita.instance().icon(name)


def keep_icon(button: Any, icon: Callable[[], Any]) -> None:
    """Give the button what ``icon()`` makes, anew in each theme."""
    follow_look(button, lambda: button.setIcon(icon()))


def dice_icon(palette: Any) -> Any:
    """The five of a die in the colour of the theme's text."""
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(Qt.GlobalColor.transparent)
    colour = palette.color(QPalette.ColorRole.ButtonText)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour)
    pen.setWidthF(2.4)
    painter.setPen(pen)
    painter.drawRoundedRect(QRectF(4, 4, _SIDE - 8, _SIDE - 8), 5, 5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for x, y in _PIPS:
        painter.drawEllipse(QPointF(x * _SIDE, y * _SIDE), 2.3, 2.3)
    painter.end()
    return QIcon(pixmap)
