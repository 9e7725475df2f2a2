"""A widget over one canvas widget, which paints a picture where it belongs in the document."""

from typing import Any, Callable, List

from velatura_protocol.images import Rect

from .canvas_mapping import canvas_transform
from .canvas_widgets import ShownView
from .qt import Qt, QtCore, QtGui, QWidget

#: From this magnification on, the pixels of a picture in full size are seen as squares, as Krita shows its own.
SQUARES_FROM = 2.0


class Picture:
    """``image`` (QImage), stretched to ``rect`` of a document."""

    def __init__(self, image: Any, rect: Rect) -> None:
        # what Qt paints fastest
        self._sizes: List[Any] = [image.convertToFormat(QtGui.QImage.Format.Format_ARGB32_Premultiplied)]
        self._rect = QtCore.QRectF(rect.x, rect.y, rect.width, rect.height)

    def paint(self, painter: Any, scale: float) -> None:
        """``painter``: in pixels of the document, each ``scale`` pixels of the screen wide."""
        largest = self._sizes[0]
        scale *= self._rect.width() / largest.width()
        halvings = 0
        while scale < 0.5:  # else every second pixel and more of it would be left out
            halvings += 1
            scale *= 2
        while len(self._sizes) <= halvings:
            half = self._sizes[-1].size() / 2
            size = half.expandedTo(QtCore.QSize(1, 1))
            self._sizes.append(
                self._sizes[-1].scaled(
                    size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
            )
        is_full_size = largest.width() == self._rect.width()
        painter.setRenderHint(
            QtGui.QPainter.RenderHint.SmoothPixmapTransform, not (is_full_size and scale >= SQUARES_FROM)
        )
        painter.drawImage(self._rect, self._sizes[halvings])


class Sheet(QWidget):
    """Lies over the canvas of ``shown``, under Krita's own widgets there, and lets mouse and pen through."""

    def __init__(self, shown: ShownView, on_press: Callable[[], None]) -> None:
        """``on_press``: called when a mouse button or a pen goes down."""
        super().__init__(shown.widget)
        self._shown = shown
        self._on_press = on_press
        self._picture: Any = None
        self.setObjectName("velatura-sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setGeometry(shown.widget.rect())
        self.lower()
        shown.widget.installEventFilter(self)

    def show_picture(self, picture: Picture) -> None:
        self._picture = picture
        self.update()

    def remove(self) -> None:
        self._shown.widget.removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        kind = event.type()
        if kind == QtCore.QEvent.Type.Resize:
            self.resize(event.size())
        elif kind in (QtCore.QEvent.Type.MouseButtonPress, QtCore.QEvent.Type.TabletPress):
            self._on_press()
        return False

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Whatever moves the document on the canvas paints the canvas anew, and with it what lies above it."""
        transform = canvas_transform(self._shown)
        if transform is None or self._picture is None:
            return
        painter = QtGui.QPainter(self)
        painter.setTransform(transform, True)
        self._picture.paint(painter, abs(transform.determinant()) ** 0.5)
        painter.end()
