"""A pen, by Qt's own events: there is none under a virtual screen."""

from .qt import QApplication, QEvent, QPoint, QPointF, Qt, QTabletEvent, QtGui

#: Of the greatest.
PRESSURE = 0.8
#: The number by which Krita tells one pen from another.
UNIQUE_ID = 1


class Pen:
    """A stylus over the middle of ``widget``."""

    def __init__(self, widget):
        self._widget = widget
        self._event_of = _event_of_qt6() if hasattr(QtGui, "QPointingDevice") else _event_of_qt5

    def send(self, kind, x):
        """``x``: pixels to the right of the middle."""
        place = QPointF(self._widget.rect().center() + QPoint(x, 60))
        on_screen = QPointF(self._widget.mapToGlobal(place.toPoint()))
        pressure = 0.0 if kind == QEvent.Type.TabletEnterProximity else PRESSURE
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        button = left if kind in (QEvent.Type.TabletPress, QEvent.Type.TabletRelease) else none
        buttons = left if kind in (QEvent.Type.TabletPress, QEvent.Type.TabletMove) else none
        event = self._event_of(kind, place, on_screen, pressure, button, buttons)
        QApplication.sendEvent(self._widget, event)


def _event_of_qt5(kind, place, on_screen, pressure, button, buttons):
    """A pen that is held upright: neither tilted nor turned."""
    stylus, pen = QTabletEvent.TabletDevice.Stylus, QTabletEvent.PointerType.Pen
    upright = (0, 0, 0.0, 0.0, 0)
    modifiers = Qt.KeyboardModifier.NoModifier
    return QTabletEvent(kind, place, on_screen, stylus, pen, pressure, *upright, modifiers, UNIQUE_ID, button, buttons)


def _event_of_qt6():
    """Makes such events for one pen, which is a thing of its own there."""
    device, pointer = QtGui.QInputDevice, QtGui.QPointingDevice
    abilities = device.Capability.Position | device.Capability.Pressure
    stylus = pointer(
        "pen",
        UNIQUE_ID,
        device.DeviceType.Stylus,
        pointer.PointerType.Pen,
        abilities,
        1,
        3,
        "",
        QtGui.QPointingDeviceUniqueId.fromNumericId(UNIQUE_ID),
    )
    upright = (0.0, 0.0, 0.0, 0.0, 0.0)
    modifiers = Qt.KeyboardModifier.NoModifier

    def event_of(kind, place, on_screen, pressure, button, buttons):
        return QTabletEvent(kind, stylus, place, on_screen, pressure, *upright, modifiers, button, buttons)

    return event_of
