"""The Qt that this Krita runs on, for driver and scripts: ``from krita_driver.qt import QTimer``, whichever it is.

Velatura's own ``velatura_krita.qt`` is what is tested, and some tests damage it. Enums are written scoped, which both
bindings understand: ``QEvent.Type.KeyPress``.
"""

try:  # Krita raises ImportError for the one that it does not run on
    from PyQt6 import QtCore, QtGui, QtTest, QtWidgets
except ImportError:
    from PyQt5 import QtCore, QtGui, QtTest, QtWidgets  # type: ignore[no-redef]

#: Which it is.
BINDING = QtCore.__name__.partition(".")[0]


def __getattr__(name):
    for module in (QtCore, QtGui, QtWidgets, QtTest):
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"Qt has no {name}")


def buttons_down():
    """True while a button of the mouse is held."""
    return QtWidgets.QApplication.mouseButtons() != QtCore.Qt.MouseButton.NoButton
