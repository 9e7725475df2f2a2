"""Fields under each other: labels in one column, controls in the other."""

from typing import Any, Callable, Dict, Sequence

from velatura_client.form import FormField, value_of

from ..qt import QGridLayout, QLabel, QWidget
from .fields import FieldWidget, label_for, widget_for


class FormGrid(QWidget):
    """``on_edit(name, value)`` is called when a person changed a field."""

    def __init__(
        self, parent: Any, form: Sequence[FormField], on_edit: Callable[[str, Any], None], *, has_headings: bool = False
    ) -> None:
        """``has_headings``: the name of each group stands above its fields."""
        super().__init__(parent)
        self._widgets: Dict[str, FieldWidget] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        group = ""
        for field in form:
            if has_headings and field.group != group:
                group = field.group
                grid.addWidget(_heading(self, group), grid.rowCount(), 0, 1, 2)
            row = grid.rowCount()
            widget = widget_for(self, field)
            widget.edited.connect(lambda value, name=field.name: on_edit(name, value))
            self._widgets[field.name] = widget
            if widget.names_itself:
                grid.addWidget(widget, row, 0, 1, 2)
            else:
                grid.addWidget(label_for(self, field, widget), row, 0)
                grid.addWidget(widget, row, 1)

    def show_choices(self, choices: object) -> None:
        for widget in self._widgets.values():
            widget.show_value(value_of(choices, widget.field))


def _heading(parent: Any, text: str) -> Any:
    label = QLabel(text, parent)
    label.setObjectName("velatura_heading")
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label
