"""A stand-in for Krita's Python module and for the few parts of Qt that ``velatura_krita`` uses without a window.

It knows only what the adapter relies on, and treats it as Krita does: layers in a tree, undo not at all. What Krita
really does is tested in real Krita; here the adapter's own decisions are tested, in milliseconds.
"""

import itertools
import types
from collections.abc import Callable
from typing import Any, ClassVar

#: Qt.ConnectionType.QueuedConnection.
QUEUED = "queued"
#: Colour model, depth and profile of a layer that nobody gave others.
SRGB = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")


class Identifier:
    """QUuid."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self._text = f"{{{next(self._numbers)}}}"

    def toString(self) -> str:  # noqa: N802 - Qt's name
        return self._text


class Bounds:
    """QRect."""

    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        self._rect = (x, y, width, height)

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return self._rect[2] <= 0 or self._rect[3] <= 0

    def x(self) -> int:
        return self._rect[0]

    def y(self) -> int:
        return self._rect[1]

    def width(self) -> int:
        return self._rect[2]

    def height(self) -> int:
        return self._rect[3]


class Node:
    """A layer or mask; ``children`` from the bottom up."""

    def __init__(self, name: str, kind: str = "paintlayer", children: tuple["Node", ...] = ()) -> None:
        self._name, self._kind, self._parent, self._children = name, kind, None, list(children)
        self._identifier = Identifier()
        self._is_visible = True
        self.pixels: tuple[bytes, int, int, int, int] | None = None
        self.colour_space: tuple[str, str, str] | None = None
        for child in children:
            child._parent = self

    def name(self) -> str:
        return self._name

    def type(self) -> str:
        return self._kind

    def visible(self) -> bool:
        return self._is_visible

    def setVisible(self, visible: bool) -> None:  # noqa: N802 - Krita's name
        self._is_visible = visible

    def opacity(self) -> int:
        return 255

    def inheritAlpha(self) -> bool:  # noqa: N802 - Krita's name
        return False

    def passThroughMode(self) -> bool:  # noqa: N802 - Krita's name
        return False

    def blendingMode(self) -> str:  # noqa: N802 - Krita's name
        return "normal"

    def layerStyleToAsl(self) -> str:  # noqa: N802 - Krita's name
        return ""

    def colorModel(self) -> str:  # noqa: N802 - Krita's name
        return (self.colour_space or SRGB)[0]

    def colorDepth(self) -> str:  # noqa: N802 - Krita's name
        return (self.colour_space or SRGB)[1]

    def colorProfile(self) -> str:  # noqa: N802 - Krita's name
        return (self.colour_space or SRGB)[2]

    def bounds(self) -> "Bounds":
        return Bounds(*(self.pixels[1:] if self.pixels is not None else (0, 0, 0, 0)))

    def uniqueId(self) -> Identifier:  # noqa: N802 - Krita's name
        return self._identifier

    def parentNode(self) -> "Node | None":  # noqa: N802 - Krita's name
        return self._parent

    def channels(self) -> list[Any]:
        return []

    def childNodes(self) -> list["Node"]:  # noqa: N802 - Krita's name
        return list(self._children)

    def setColorSpace(self, model: str, depth: str, profile: str) -> bool:  # noqa: N802 - Krita's name
        self.colour_space = (model, depth, profile)
        return True

    def setPixelData(self, data: bytes, x: int, y: int, width: int, height: int) -> bool:  # noqa: N802 - Krita's name
        self.pixels = (bytes(data), x, y, width, height)
        return True

    def projectionPixelData(self, x: int, y: int, width: int, height: int) -> bytes:  # noqa: N802 - Krita's name
        """BGRA; transparent where the layer has no pixels."""
        if self.pixels is None:
            return bytes(4 * width * height)
        data, left, top, across, down = self.pixels

        def pixel(at_x: int, at_y: int) -> bytes:
            if not (left <= at_x < left + across and top <= at_y < top + down):
                return bytes(4)
            begin = 4 * ((at_y - top) * across + at_x - left)
            return data[begin : begin + 4]

        return b"".join(pixel(x + column, y + row) for row in range(height) for column in range(width))

    def setChildNodes(self, children: list["Node"]) -> None:  # noqa: N802 - Krita's name
        self._children = list(children)
        for child in children:
            child._parent = self

    def addChildNode(self, child: "Node", above: "Node | None") -> bool:  # noqa: N802 - Krita's name
        if self._kind != "grouplayer":
            return False
        child._parent = self
        self._children.insert(self._children.index(above) + 1 if above else len(self._children), child)
        return True


class Document:
    def __init__(self, *layers: Node, width: int = 100, height: int = 80) -> None:
        self._root = Node("root", "grouplayer", layers)
        self._size = (width, height)
        self._active: Node | None = layers[-1] if layers else None
        self._annotations: dict[str, bytes] = {}
        self._modified = False
        self.colour_space = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
        self.selected: Any = None
        self.is_busy = False
        self.locks = 0

    def width(self) -> int:
        return self._size[0]

    def height(self) -> int:
        return self._size[1]

    def rootNode(self) -> Node:  # noqa: N802 - Krita's name
        return self._root

    def activeNode(self) -> Node | None:  # noqa: N802 - Krita's name
        return self._active

    def setActiveNode(self, node: Node) -> None:  # noqa: N802 - Krita's name
        self._active = node

    def selection(self) -> Any:
        return self.selected

    def createNode(self, name: str, kind: str) -> Node:  # noqa: N802 - Krita's name
        node = Node(name, kind)
        node.colour_space = self.colour_space
        return node

    def colorModel(self) -> str:  # noqa: N802 - Krita's name
        return self.colour_space[0]

    def colorDepth(self) -> str:  # noqa: N802 - Krita's name
        return self.colour_space[1]

    def colorProfile(self) -> str:  # noqa: N802 - Krita's name
        return self.colour_space[2]

    def createGroupLayer(self, name: str) -> Node:  # noqa: N802 - Krita's name
        return Node(name, "grouplayer")

    def clone(self) -> "Document":
        """Shows the same; what is done to its layers is not seen in this stand-in."""
        copy = type(self)(*(Node(node.name(), node.type()) for node in self._root.childNodes()))
        copy._size = self._size
        return copy

    def close(self) -> bool:
        return True

    def waitForDone(self) -> None:  # noqa: N802 - Krita's name
        pass

    def refreshProjection(self) -> None:  # noqa: N802 - Krita's name
        pass

    def annotation(self, kind: str) -> bytes:
        return self._annotations.get(kind, b"")

    def setAnnotation(self, kind: str, _description: str, data: bytes) -> None:  # noqa: N802 - Krita's name
        self._annotations[kind] = bytes(data)
        self._modified = True

    def annotationTypes(self) -> list[str]:  # noqa: N802 - Krita's name
        return list(self._annotations)

    def removeAnnotation(self, kind: str) -> None:  # noqa: N802 - Krita's name
        del self._annotations[kind]
        self._modified = True

    def modified(self) -> bool:
        return self._modified

    def setModified(self, modified: bool) -> None:  # noqa: N802 - Krita's name
        self._modified = modified

    def tryBarrierLock(self) -> bool:  # noqa: N802 - Krita's name
        self.locks += not self.is_busy
        return not self.is_busy

    def unlock(self) -> None:
        self.locks -= 1


class Application:
    """What ``Krita.instance()`` gives."""

    def __init__(self) -> None:
        self.opened: list[Document] = []
        self.settings: dict[tuple[str, str], str] = {}

    def documents(self) -> list[Document]:
        return list(self.opened)

    def activeDocument(self) -> Document | None:  # noqa: N802 - Krita's name
        return self.opened[-1] if self.opened else None

    def dockers(self) -> list[object]:
        return []

    def readSetting(self, group: str, name: str, default: str) -> str:  # noqa: N802 - Krita's name
        return self.settings.get((group, name), default)

    def writeSetting(self, group: str, name: str, value: str) -> None:  # noqa: N802 - Krita's name
        self.settings[group, name] = value

    def version(self) -> str:
        return "5.1.5"


class Signal:
    """A descriptor like pyqtSignal. Connections are called at once, queued ones in the next turn of the event loop."""

    def __init__(self, *_types: type) -> None:
        self._connected: list[Callable[..., None]] = []

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = "_signal_" + name

    def __get__(self, instance: Any, owner: type) -> "Signal":
        return instance.__dict__.setdefault(self._attribute, Signal())

    def connect(self, slot: Callable[..., None], connection_type: str = "") -> None:
        def queue(*values: Any) -> None:
            Timer.singleShot(0, lambda: slot(*values))

        self._connected.append(queue if connection_type == QUEUED else slot)

    def emit(self, *values: Any) -> None:
        for slot in self._connected:
            slot(*values)


class Timer:
    """A QTimer that a test fires by hand."""

    made: ClassVar[list["Timer"]] = []
    timeout = Signal()

    def __init__(self) -> None:
        self.is_running = False
        self.made.append(self)

    def setInterval(self, _milliseconds: int) -> None:  # noqa: N802 - Qt's name
        pass

    def start(self) -> None:
        self.is_running = True

    @classmethod
    def singleShot(cls, _milliseconds: int, slot: Callable[[], None]) -> None:  # noqa: N802 - Qt's name
        timer = cls()

        def fire() -> None:
            timer.stop()
            slot()

        timer.timeout.connect(fire)
        timer.start()

    def stop(self) -> None:
        self.is_running = False

    @classmethod
    def turn(cls) -> None:
        """One turn of the event loop."""
        for timer in cls.made:
            if timer.is_running:
                timer.timeout.emit()


def _unused_class(name: str) -> type:
    """For the names of Qt that are imported, and not used by what is tested without a window."""
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {})


class FakeKrita:
    """``application`` and ``mouse`` ("is a button down") to set; ``modules`` to put into ``sys.modules``."""

    def __init__(self) -> None:
        self.application = Application()
        self.mouse = False
        krita = types.ModuleType("krita")
        krita.Krita = types.SimpleNamespace(instance=lambda: self.application)  # type: ignore[attr-defined]
        for base in ("DockWidget", "Extension"):
            setattr(krita, base, type(base, (), {}))
        qt = types.ModuleType("velatura_krita.qt")
        Timer.made.clear()
        for name, value in {
            "QByteArray": bytes,
            "QImage": type("QImage", (), {}),
            "QObject": type("QObject", (), {}),
            "QTimer": Timer,
            "QTransform": type("QTransform", (), {}),
            "Qt": types.SimpleNamespace(ConnectionType=types.SimpleNamespace(QueuedConnection=QUEUED)),
            "Signal": Signal,
            "mouse_buttons_down": lambda: self.mouse,
        }.items():
            setattr(qt, name, value)
        qt.__getattr__ = _unused_class  # type: ignore[attr-defined]
        self.modules = {"krita": krita, "velatura_krita.qt": qt}
