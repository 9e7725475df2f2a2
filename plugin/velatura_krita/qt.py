"""The one place that knows which Qt binding runs: PyQt5 in Krita 5, PyQt6 in Krita 6. Enums are written scoped."""

import sys
from importlib import import_module, util
from typing import Any


def _binding() -> str:
    """The binding that Krita itself has loaded. Loading the other one into the same process crashes it."""
    for name in ("PyQt5", "PyQt6"):
        if name + ".QtCore" in sys.modules:
            return name
    return "PyQt6" if util.find_spec("PyQt6") else "PyQt5"


BINDING = _binding()
QtCore: Any = import_module(BINDING + ".QtCore")
QtGui: Any = import_module(BINDING + ".QtGui")
QtWidgets: Any = import_module(BINDING + ".QtWidgets")

QByteArray = QtCore.QByteArray
QObject = QtCore.QObject
Qt = QtCore.Qt
QTimer = QtCore.QTimer
Signal = QtCore.pyqtSignal

QImage = QtGui.QImage
QPixmap = QtGui.QPixmap

QApplication = QtWidgets.QApplication
QDialog = QtWidgets.QDialog
QDialogButtonBox = QtWidgets.QDialogButtonBox
QHBoxLayout = QtWidgets.QHBoxLayout
QLabel = QtWidgets.QLabel
QMenu = QtWidgets.QMenu
QMessageBox = QtWidgets.QMessageBox
QPlainTextEdit = QtWidgets.QPlainTextEdit
QProgressBar = QtWidgets.QProgressBar
QPushButton = QtWidgets.QPushButton
QVBoxLayout = QtWidgets.QVBoxLayout
QWidget = QtWidgets.QWidget


def mouse_buttons_down() -> bool:
    """True while a mouse button, or a pen that acts as one, is held."""
    return QApplication.mouseButtons() != Qt.MouseButton.NoButton
