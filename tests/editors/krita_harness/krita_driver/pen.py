"""A pen, by Qt's own events: there is none under a virtual screen."""

from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QTabletEvent
from PyQt5.QtWidgets import QApplication

#: Of the greatest.
PRESSURE = 0.8


class Pen:
    """A stylus over the middle of ``widget``."""

    def __init__(self, widget):
        self._widget = widget

    def send(self, kind, x):
        """``x``: pixels to the right of the middle."""
        place = QPointF(self._widget.rect().center() + QPoint(x, 60))
        touches = kind != QEvent.TabletEnterProximity
        button = Qt.LeftButton if kind in (QEvent.TabletPress, QEvent.TabletRelease) else Qt.NoButton
        buttons = Qt.LeftButton if kind in (QEvent.TabletPress, QEvent.TabletMove) else Qt.NoButton
        event = QTabletEvent(
            kind,
            place,
            QPointF(self._widget.mapToGlobal(place.toPoint())),
            QTabletEvent.Stylus,
            QTabletEvent.Pen,
            PRESSURE if touches else 0.0,
            0,
            0,
            0.0,
            0.0,
            0,
            Qt.NoModifier,
            1,
            button,
            buttons,
        )
        QApplication.sendEvent(self._widget, event)
