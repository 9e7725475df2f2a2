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

QBuffer = QtCore.QBuffer
QByteArray = QtCore.QByteArray
QEvent = QtCore.QEvent
QIODevice = QtCore.QIODevice
QLocale = QtCore.QLocale
QModelIndex = QtCore.QModelIndex
QObject = QtCore.QObject
QPoint = QtCore.QPoint
QPointF = QtCore.QPointF
QRect = QtCore.QRect
QRectF = QtCore.QRectF
QSignalBlocker = QtCore.QSignalBlocker
QSize = QtCore.QSize
Qt = QtCore.Qt
QTimer = QtCore.QTimer
Signal = QtCore.pyqtSignal

QColor = QtGui.QColor
QCursor = QtGui.QCursor
QFont = QtGui.QFont
QFontMetrics = QtGui.QFontMetrics
QIcon = QtGui.QIcon
QImage = QtGui.QImage
QPainter = QtGui.QPainter
QPalette = QtGui.QPalette
QPen = QtGui.QPen
QPixmap = QtGui.QPixmap
QStandardItem = QtGui.QStandardItem
QStandardItemModel = QtGui.QStandardItemModel
QTextCursor = QtGui.QTextCursor
QTransform = QtGui.QTransform

#: Qt 6 moved it.
QAction = getattr(QtGui, "QAction", None) or QtWidgets.QAction

QAbstractItemView = QtWidgets.QAbstractItemView
QAbstractSpinBox = QtWidgets.QAbstractSpinBox
QApplication = QtWidgets.QApplication
QBoxLayout = QtWidgets.QBoxLayout
QCheckBox = QtWidgets.QCheckBox
QComboBox = QtWidgets.QComboBox
QDialog = QtWidgets.QDialog
QDialogButtonBox = QtWidgets.QDialogButtonBox
QDoubleSpinBox = QtWidgets.QDoubleSpinBox
QFileDialog = QtWidgets.QFileDialog
QFrame = QtWidgets.QFrame
QGridLayout = QtWidgets.QGridLayout
QHBoxLayout = QtWidgets.QHBoxLayout
QLabel = QtWidgets.QLabel
QLineEdit = QtWidgets.QLineEdit
QListView = QtWidgets.QListView
QMenu = QtWidgets.QMenu
QMessageBox = QtWidgets.QMessageBox
QPlainTextEdit = QtWidgets.QPlainTextEdit
QProgressBar = QtWidgets.QProgressBar
QPushButton = QtWidgets.QPushButton
QScrollArea = QtWidgets.QScrollArea
QSizePolicy = QtWidgets.QSizePolicy
QSlider = QtWidgets.QSlider
QSpinBox = QtWidgets.QSpinBox
QStyle = QtWidgets.QStyle
QStyleOptionButton = QtWidgets.QStyleOptionButton
QStyleOptionComboBox = QtWidgets.QStyleOptionComboBox
QStyleOptionFocusRect = QtWidgets.QStyleOptionFocusRect
QStyleOptionToolButton = QtWidgets.QStyleOptionToolButton
QStylePainter = QtWidgets.QStylePainter
QStyledItemDelegate = QtWidgets.QStyledItemDelegate
QToolButton = QtWidgets.QToolButton
QVBoxLayout = QtWidgets.QVBoxLayout
QWidget = QtWidgets.QWidget


def mouse_buttons_down() -> bool:
    """True while a mouse button, or a pen that acts as one, is held."""
    return QApplication.mouseButtons() != Qt.MouseButton.NoButton
