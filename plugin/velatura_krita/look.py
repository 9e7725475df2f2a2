"""What is drawn or measured once has to be done again when Krita's theme, its style or its font changes."""

from typing import Any, Callable

from .qt import QEvent, QFont, QObject, QTimer

#: What a widget hears when it looks different from now on.
_CHANGES = (
    QEvent.Type.PaletteChange,
    QEvent.Type.StyleChange,
    QEvent.Type.FontChange,
)


def follow_look(widget: Any, draw: Callable[[], None]) -> None:
    """Call ``draw`` now, and soon after each change of the theme, the style or the font of ``widget``."""
    _Follower(widget, draw)
    draw()


def make_bold(widget: Any) -> None:
    """And leave all else of its font to the docker, which may get a larger one."""
    font = QFont()  # unlike the widget's own it says nothing but what is set now
    font.setBold(True)
    widget.setFont(font)


class _Follower(QObject):
    """Lives as long as its widget, which owns it."""

    def __init__(self, widget: Any, draw: Callable[[], None]) -> None:
        super().__init__(widget)
        # a turn later: Krita tells of a palette before it has changed to the icons that suit it
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(draw)
        widget.installEventFilter(self)

    def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        if event.type() in _CHANGES:
            self._soon.start()
        return False
