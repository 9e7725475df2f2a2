"""Where the pixels of a document are on a canvas widget.

Newer Kritas tell it. Before, scripting tells zoom, rotation and mirror, and the rest is in the canvas' scroll bars:
their values are the top left corner of the turned picture's bounding box, and their ranges grow with that box. The box
proves that zoom, rotation and resolution were understood; without proof there is no mapping.
"""

from typing import Any, Optional

from .canvas_widgets import ShownView
from .qt import QtCore, QtGui

#: Pixels of the widget by which the bounding box may differ from what the scroll bars say. They are rounded.
TOLERANCE = 2.0
POINTS_PER_INCH = 72.0


def canvas_transform(shown: ShownView) -> Optional[Any]:
    """From pixels of the document to those of the canvas widget, as QTransform; None when it is not known for sure."""
    if shown.view.canvas().wrapAroundMode():
        return None
    if hasattr(shown.view, "flakeToCanvasTransform"):
        to_flake, is_invertible = shown.view.flakeToImageTransform().inverted()
        return to_flake * shown.view.flakeToCanvasTransform() if is_invertible else None
    return _transform_by_scroll_bars(shown)


def _transform_by_scroll_bars(shown: ShownView) -> Optional[Any]:
    canvas, document, controller = shown.view.canvas(), shown.view.document(), shown.controller
    turned = QtGui.QTransform()
    turned.rotate(canvas.rotation())
    if canvas.mirror():
        turned.scale(-1, 1)
    box = turned.mapRect(QtCore.QRectF(0, 0, document.width(), document.height()))
    horizontal, vertical = controller.horizontalScrollBar(), controller.verticalScrollBar()
    # zoom is told in pixels of the screen per point; on screens of high density a widget has fewer than those
    zoom = canvas.zoomLevel() * POINTS_PER_INCH / document.xRes()
    for scale in (zoom, zoom / controller.devicePixelRatioF()):
        differences = (box.width() * scale - _extent(horizontal), box.height() * scale - _extent(vertical))
        if max(map(abs, differences)) <= TOLERANCE:
            x, y = box.x() * scale + horizontal.value(), box.y() * scale + vertical.value()
            return turned * QtGui.QTransform.fromScale(scale, scale) * QtGui.QTransform.fromTranslate(-x, -y)
    return None


def _extent(bar: Any) -> int:
    """The bounding box's size along a scroll bar, which goes on until as little of it is seen as at the beginning."""
    return bar.maximum() + bar.pageStep() + bar.minimum()
