"""Finds the widgets behind Krita's views, which its scripting does not give."""

from typing import Any, Iterator, NamedTuple

from krita import Krita

from .qt import QtWidgets


class ShownView(NamedTuple):
    """A view with its widgets. ``controller``: the scroll area; ``widget``: the canvas itself, which it holds."""

    view: Any
    controller: Any
    widget: Any


def active_views() -> Iterator[ShownView]:
    """The active view of each window. Of others nothing tells which widget is whose."""
    for window in Krita.instance().windows():
        view = window.activeView()
        area = window.qwindow().findChild(QtWidgets.QMdiArea)
        frame = None if area is None else area.currentSubWindow()
        if view is None or view.document() is None or frame is None:
            continue
        for controller in frame.findChildren(QtWidgets.QAbstractScrollArea):
            if controller.inherits("KisCanvasController"):
                for widget in controller.viewport().children():
                    if widget.inherits("QWidget") and widget.isVisible():
                        yield ShownView(view, controller, widget)
