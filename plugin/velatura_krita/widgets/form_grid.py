"""Fields under each other: labels in one column, controls in the other, or over them where that is too narrow."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from velatura_client.form import FormField, value_of

from ..look import make_bold
from ..qt import QEvent, QGridLayout, QLabel, QSize, QWidget
from .fields import FieldWidget, label_for, widget_for
from .row import least_width

#: Pixels.
_BESIDE, _BELOW = 8, 4


class FormGrid(QWidget):
    """``on_edit(name, value)`` is called when a person changed a field."""

    def __init__(
        self, parent: Any, form: Sequence[FormField], on_edit: Callable[[str, Any], None], *, has_headings: bool = False
    ) -> None:
        """``has_headings``: the name of each group stands above its fields."""
        super().__init__(parent)
        self._widgets: Dict[str, FieldWidget] = {}
        #: Label and control of each line; a line that needs no label has None.
        self._lines: List[Tuple[Optional[Any], Any]] = []
        self._is_narrow: Optional[bool] = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(_BESIDE)
        self._grid.setVerticalSpacing(_BELOW)
        self._grid.setColumnStretch(1, 1)
        group = ""
        for field in form:
            if has_headings and field.group != group:
                group = field.group
                self._lines.append((None, _heading(self, group)))
            widget = widget_for(self, field)
            widget.edited.connect(lambda value, name=field.name: on_edit(name, value))
            self._widgets[field.name] = widget
            label = None if widget.names_itself else label_for(self, field, widget)
            self._lines.append((label, widget))
        self._arrange()

    def show_choices(self, choices: object) -> None:
        for widget in self._widgets.values():
            widget.show_value(value_of(choices, widget.field))

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        widths = [least_width(part) for line in self._lines for part in line if part is not None]
        return QSize(max(widths, default=0), self._grid.minimumSize().height())

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: Any) -> bool:
        # a part has another text or font
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        labelled = [(label, control) for label, control in self._lines if label is not None]
        labels = max((least_width(label) for label, _ in labelled), default=0)
        controls = max((least_width(control) for _, control in labelled), default=0)
        is_narrow = labels + _BESIDE + controls > self.width()
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        while self._grid.count():
            self._grid.takeAt(0)
        row = 0
        for label, control in self._lines:
            is_beside = label is not None and not is_narrow
            if label is not None:
                self._grid.addWidget(label, row, 0, 1, 1 if is_beside else 2)
                row += int(not is_beside)
            self._grid.addWidget(control, row, 1 if is_beside else 0, 1, 1 if is_beside else 2)
            row += 1


def _heading(parent: Any, text: str) -> Any:
    label = QLabel(text, parent)
    label.setObjectName("velatura_heading")
    make_bold(label)
    return label
