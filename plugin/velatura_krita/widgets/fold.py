"""A heading that folds a part of the docker out and in."""

from typing import Any, Callable

from ..qt import (
    QSizePolicy,
    QStyle,
    QStyleOptionFocusRect,
    QStyleOptionToolButton,
    QStylePainter,
    Qt,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from .eliding import elided

#: Pixels beside the arrow and behind the text.
_AROUND_ARROW = 8


class Fold(QWidget):
    """``body`` is there only while it is folded out; ``on_fold(is_open)`` tells of a person's click."""

    def __init__(self, parent: Any, title: str, *, is_open: bool, on_fold: Callable[[bool], None]) -> None:
        super().__init__(parent)
        self._on_fold = on_fold
        self._head = _Head(self)
        self._head.setText(title)
        self._head.setToolTip(title)
        self._head.toggled.connect(self._toggle)
        self.body = QWidget(self)
        self._inside = QVBoxLayout(self.body)
        self._inside.setContentsMargins(14, 0, 0, 0)
        self._inside.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._head)
        layout.addWidget(self.body)
        self._show(is_open)

    @property
    def head(self) -> Any:
        """The button, for tests and for naming it."""
        return self._head

    def set_title(self, title: str) -> None:
        self._head.setText(title)
        self._head.setToolTip(title)

    def add(self, widget: Any) -> None:
        self._inside.addWidget(widget)

    def set_open(self, is_open: bool) -> None:
        if is_open != self._head.isChecked():
            self._head.setChecked(is_open)

    def _toggle(self, is_open: bool) -> None:
        self._show(is_open)
        self._on_fold(is_open)

    def _show(self, is_open: bool) -> None:
        self._head.blockSignals(True)
        self._head.setChecked(is_open)
        self._head.blockSignals(False)
        self._head.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.body.setVisible(is_open)


class _Head(QToolButton):
    """An arrow and a text without a frame. A style sheet would do that too, and keep the colours of its first theme."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = elided(self, self.text(), self.width() - option.iconSize.width() - _AROUND_ARROW)
        option.state &= ~(QStyle.StateFlag.State_On | QStyle.StateFlag.State_Sunken)  # which would move the label
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_ToolButtonLabel, option)
        if self.hasFocus():
            frame = QStyleOptionFocusRect()
            frame.initFrom(self)
            frame.rect = self.rect()
            painter.drawPrimitive(QStyle.PrimitiveElement.PE_FrameFocusRect, frame)
        painter.end()
