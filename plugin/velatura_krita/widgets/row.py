"""Parts beside each other where there is room, under each other where there is not."""

from typing import Any, List, Tuple

from ..qt import QBoxLayout, QEvent, QSize, QWidget


class Row(QWidget):
    """Dockers are narrow, and fonts may be large: a part gets what it needs, if need be a line of its own."""

    def __init__(self, parent: Any, *, spacing: int = 4) -> None:
        """``spacing``: pixels between two parts."""
        super().__init__(parent)
        #: Each with its stretch beside others.
        self._parts: List[Tuple[Any, int]] = []
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(spacing)

    def add(self, part: Any, stretch: int = 0) -> None:
        """``stretch``: as in Qt's layouts, of parts that are beside each other."""
        self._parts.append((part, stretch))
        self._box.addWidget(part, stretch)

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        return QSize(max(self._needs(), default=0), self._box.minimumSize().height())

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: Any) -> bool:
        # a part has another text or font
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        needs = self._needs()
        fits = sum(needs) + self._box.spacing() * max(0, len(needs) - 1) <= self.width()
        direction = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if direction != self._box.direction():
            self._box.setDirection(direction)
            for index, (_part, stretch) in enumerate(self._parts):
                self._box.setStretch(index, stretch if fits else 0)  # it would pull them apart

    def _needs(self) -> List[int]:
        """Pixels of width."""
        return [least_width(part) for part, _stretch in self._parts if not part.isHidden()]


def least_width(widget: Any) -> int:
    """Pixels within which all of the widget can be seen."""
    return max(widget.minimumSizeHint().width(), widget.minimumWidth())
