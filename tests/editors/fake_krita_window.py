"""A stand-in for Krita with a window, under the Qt binding that the environment's ``FAKE_KRITA_BINDING`` names.

Docker and menu are built in it and clicked, in a process of their own without display: ``run(main)``. What goes wrong
in a slot, and what Qt complains of, ends up in what the process prints, one JSON object.
"""

import contextlib
import enum
import importlib
import json
import os
import sys
import time
import traceback
import types
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import fake_krita

# as Krita has loaded its binding before any plug-in
importlib.import_module(os.environ["FAKE_KRITA_BINDING"] + ".QtCore")
from velatura_krita.qt import (  # noqa: E402
    BINDING,
    QAction,
    QApplication,
    QColor,
    QIcon,
    QImage,
    QMenu,
    QObject,
    QPixmap,
    Qt,
    QtCore,
    QtWidgets,
    Signal,
)

#: Seconds between two looks at a condition.
PAUSE_S = 0.01
#: How Qt begins what it says of windows without a display: it cannot raise them, grab the keyboard and the like.
NOT_MEANT = "This plugin does not support "


class Notifier(QObject):
    applicationClosing = Signal()  # noqa: N815 - Krita's name
    viewCreated = Signal(object)  # noqa: N815 - Krita's name
    viewClosed = Signal(object)  # noqa: N815 - Krita's name
    imageClosed = Signal(str)  # noqa: N815 - Krita's name
    imageCreated = Signal(object)  # noqa: N815 - Krita's name
    imageSaved = Signal(str)  # noqa: N815 - Krita's name
    configurationChanged = Signal()  # noqa: N815 - Krita's name
    windowCreated = Signal()  # noqa: N815 - Krita's name

    def setActive(self, active: bool) -> None:  # noqa: N802 - Krita's name
        pass


class Extension(QObject):
    """What a plug-in's extension inherits."""


class DockWidget(QtWidgets.QDockWidget):
    """What a plug-in's docker inherits."""

    def canvas(self) -> None:
        return None


class DockPosition(enum.Enum):
    DockRight = 1


class DockWidgetFactoryBase:
    """Its enums are reached as in Krita 6; Krita 5 knows ``DockRight`` here too."""

    DockPosition = DockPosition


class DockWidgetFactory:
    def __init__(self, identifier: str, _area: DockPosition, docker: Callable[[], Any]) -> None:
        self.identifier, self.docker = identifier, docker


class KisCanvasController(QtWidgets.QAbstractScrollArea):
    """The scroll area of a view, found by the name of its class; the document at its top left corner, at 100 %."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.canvas = QtWidgets.QWidget(self.viewport())
        self.canvas.resize(width, height)
        for bar, extent in ((self.horizontalScrollBar(), width), (self.verticalScrollBar(), height)):
            bar.setPageStep(extent)


class Canvas:
    """How a view shows its document."""

    def zoomLevel(self) -> float:  # noqa: N802 - Krita's name
        return 1.0

    def rotation(self) -> float:
        return 0.0

    def mirror(self) -> bool:
        return False

    def wrapAroundMode(self) -> bool:  # noqa: N802 - Krita's name
        return False


class View:
    def __init__(self, document: "Document") -> None:
        self._document = document
        self.floated: list[str] = []

    def document(self) -> "Document":
        return self._document

    def canvas(self) -> Canvas:
        return Canvas()

    def showFloatingMessage(self, text: str, _icon: Any, _ms: int, _priority: int) -> None:  # noqa: N802 - Krita's name
        self.floated.append(text)


class Selection:
    """A rectangle that is selected wholly."""

    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        self._rect = QtCore.QRect(x, y, width, height)

    def x(self) -> int:
        return self._rect.x()

    def y(self) -> int:
        return self._rect.y()

    def width(self) -> int:
        return self._rect.width()

    def height(self) -> int:
        return self._rect.height()

    def pixelData(self, x: int, y: int, width: int, height: int) -> Any:  # noqa: N802 - Krita's name
        rows = range(y, y + height)
        columns = range(x, x + width)
        inside = self._rect.contains
        return QtCore.QByteArray(bytes(255 * inside(column, row) for row in rows for column in columns))


class Document(fake_krita.Document):
    """One colour all over, as far as anybody reads it."""

    def projection(self, _x: int, _y: int, width: int, height: int) -> Any:
        image = QImage(width, height, QImage.Format.Format_ARGB32)
        image.fill(QColor(90, 140, 190))
        return image

    def xRes(self) -> float:  # noqa: N802 - Krita's name
        return 72.0

    def fileName(self) -> str:  # noqa: N802 - Krita's name
        return ""


class Window:
    """The one window, and its menu bar as far as the plug-in fills it."""

    def __init__(self) -> None:
        self._window = QtWidgets.QMainWindow()
        self._window.setObjectName("MainWindow")
        self._area = QtWidgets.QMdiArea()
        self._window.setCentralWidget(self._area)
        self.actions: dict[str, Any] = {}
        self.view: View | None = None
        self.canvas: Any = None

    def qwindow(self) -> Any:
        return self._window

    def activeView(self) -> View | None:  # noqa: N802 - Krita's name
        return self.view

    def open(self, document: Document) -> None:
        self.view = View(document)
        controller = KisCanvasController(document.width(), document.height())
        frame = self._area.addSubWindow(controller)
        frame.resize(300, 300)
        frame.show()
        self._area.setActiveSubWindow(frame)
        self.canvas = controller.canvas

    def createAction(self, identifier: str, text: str = "", place: str = "") -> Any:  # noqa: N802 - Krita's name
        action = QAction(text, self._window)
        action.setObjectName(identifier)
        menu = self._window.findChild(QMenu, place.rpartition("/")[2])
        if menu is not None:
            menu.addAction(action)
        self.actions[identifier] = action
        return action


class Application(fake_krita.Application):
    """What ``Krita.instance()`` gives; also the parent of the extensions."""

    def __init__(self) -> None:
        super().__init__()
        self._notifier = Notifier()
        self._dockers: list[Any] = []
        self.extensions: list[Any] = []
        self.factories: list[DockWidgetFactory] = []
        self.window = Window()

    def notifier(self) -> Notifier:
        return self._notifier

    def addExtension(self, extension: Any) -> None:  # noqa: N802 - Krita's name
        self.extensions.append(extension)

    def addDockWidgetFactory(self, factory: DockWidgetFactory) -> None:  # noqa: N802 - Krita's name
        self.factories.append(factory)

    def icon(self, _name: str) -> Any:
        """A grey square for every one."""
        square = QPixmap(16, 16)
        square.fill(QColor(128, 128, 128))
        return QIcon(square)

    def windows(self) -> list[Window]:
        return [self.window]

    def activeWindow(self) -> Window:  # noqa: N802 - Krita's name
        return self.window

    def dockers(self) -> list[Any]:
        return list(self._dockers)

    def open(self, document: Document) -> None:
        """As if the painter had opened it."""
        self.opened.append(document)
        self.window.open(document)
        self._notifier.viewCreated.emit(self.window.view)

    def show(self) -> None:
        """Make actions and dockers, as Krita does for each window, and show them."""
        for extension in self.extensions:
            extension.setup()
            extension.createActions(self.window)
        for factory in self.factories:
            docker = factory.docker()
            docker.setObjectName(factory.identifier)
            self.window.qwindow().addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docker)
            self._dockers.append(docker)
        self.window.qwindow().resize(1200, 900)
        self.window.qwindow().show()


class Driver:
    """What a script sees. ``values``: what it found."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.application = application
        self.folder = folder
        self.values: dict[str, Any] = {}

    @property
    def docker(self) -> Any:
        return self.application.dockers()[0]

    def find(self, name: str, kind: Any = QtWidgets.QWidget) -> Any:
        """A widget of the docker by its object name."""
        found = self.docker.findChild(kind, name)
        if found is None:
            raise LookupError(f"the docker has no {name}")
        return found

    def until(self, condition: Callable[[], Any], what: str, timeout_s: float = 30) -> Generator[float, None, None]:
        """``yield from driver.until(...)``: give the event loop time until ``condition()`` holds, or raise."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {timeout_s} s for {what}")
            yield PAUSE_S

    def screenshot(self, name: str) -> None:
        self.docker.grab().save(str(self.folder / f"{name}.png"))


def run(main: Callable[[Driver], Generator[float, None, None]]) -> None:
    """Run the generator ``main`` in the stand-in's event loop; each ``yield seconds`` gives the loop back.

    ``sys.argv[1]``: a folder for what it leaves.
    """
    complaints: list[str] = []
    QtCore.qInstallMessageHandler(
        lambda _kind, _context, text: None if text.startswith(NOT_MEANT) else complaints.append(text)
    )
    sys.excepthook = lambda *error: complaints.append("".join(traceback.format_exception(*error)))
    qt = QApplication(["krita"])
    qt.setApplicationName("krita")
    application = Application()
    krita = types.ModuleType("krita")
    vars(krita).update(
        Krita=types.SimpleNamespace(instance=lambda: application),
        Extension=_extension_of(application),
        DockWidget=DockWidget,
        DockWidgetFactory=DockWidgetFactory,
        DockWidgetFactoryBase=DockWidgetFactoryBase,
    )
    sys.modules["krita"] = krita
    driver = Driver(application, Path(sys.argv[1]))
    for steps in (_start(driver), main(driver)):
        with contextlib.closing(steps):
            try:
                for pause in steps:
                    _turn(qt, pause)
            except Exception:  # noqa: BLE001 - whatever it is, it must reach the test
                complaints.append(traceback.format_exc())
                break
    application.notifier().applicationClosing.emit()
    print(json.dumps({"binding": BINDING, "values": driver.values, "complaints": complaints}))


def _extension_of(application: Application) -> type:
    """Krita's application is a QObject and becomes the extension's parent; the stand-in's is none."""

    class _Extension(Extension):
        def __init__(self, parent: Any) -> None:
            super().__init__(None if parent is application else parent)

    return _Extension


def _start(driver: Driver) -> Generator[float, None, None]:
    import velatura_krita

    velatura_krita._register()  # what its import does in Krita
    driver.application.show()
    assert driver.application.dockers(), "the plug-in did not start, and says why in the menu"
    yield 0.05


def _turn(qt: Any, seconds: float) -> None:
    """Let Qt work for ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        qt.processEvents()
        qt.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)  # only a loop of Qt's own does that by itself
        if time.monotonic() >= deadline:
            return
        time.sleep(min(PAUSE_S, max(0.0, deadline - time.monotonic())))
