"""A heading that folds a part of the docker out and in."""

from typing import Any, Callable

from ..qt import QSizePolicy, Qt, QToolButton, QVBoxLayout, QWidget


class Fold(QWidget):
    """``body`` is there only while it is folded out; ``on_fold(is_open)`` tells of a person's click."""

    def __init__(self, parent: Any, title: str, *, is_open: bool, on_fold: Callable[[bool], None]) -> None:
        super().__init__(parent)
        self._on_fold = on_fold
        self._head = QToolButton(self)
        self._head.setText(title)
        self._head.setCheckable(True)
        self._head.setAutoRaise(True)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._head.setStyleSheet("QToolButton { border: none; text-align: left; padding: 2px 0; }")
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
