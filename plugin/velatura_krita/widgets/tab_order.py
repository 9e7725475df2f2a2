"""The Tab key goes through a part of a window as it is read, whatever was put into it later."""

from typing import Any, Iterator

from ..qt import Qt, QWidget


def order_tabs(part: Any) -> None:
    """``part``: a widget whose layouts tell how what is in it is read. Cheap enough to be done at each Tab."""
    previous: Any = None
    for widget in in_reading_order(part):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            if previous is not None:
                QWidget.setTabOrder(previous, widget)
            previous = widget


def in_reading_order(part: Any) -> Iterator[Any]:
    """What stands in the layouts of ``part``, from the first to the last; a widget without one stands for itself."""
    layout = part.layout()
    if layout is None:
        yield part
    else:
        yield from _in_layout(layout)


def _in_layout(layout: Any) -> Iterator[Any]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item.widget() is not None:
            yield from in_reading_order(item.widget())
        elif item.layout() is not None:
            yield from _in_layout(item.layout())
