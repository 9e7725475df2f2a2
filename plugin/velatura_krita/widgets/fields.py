"""One control for one field of a form, whatever its kind."""

from typing import Any, Optional, Sequence

from velatura_client.form import FormField
from velatura_client.texts import tr_daemon

from ..look import follow_look
from ..qt import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSignalBlocker,
    QSizePolicy,
    QSlider,
    QSpinBox,
    Qt,
    QWidget,
    Signal,
)
from .eliding import ElidingCheckBox, ElidingComboBox, tip

#: A slider knows integers only; a field's range is cut into at most this many steps.
_LARGEST_SLIDER = 1000
#: Pixels of a slider that a hand can still set.
_SLIDER_WIDTH = 40
#: Units that belong right behind the number.
_TIGHT_UNITS = ("%",)


class FieldWidget(QWidget):
    """Base: ``edited`` is emitted when a person changed it, never by ``show_value``."""

    edited = Signal(object)

    def __init__(self, parent: Any, field: FormField) -> None:
        super().__init__(parent)
        self.field = field
        self.setObjectName("velatura_field_" + field.name)
        self.setToolTip(tr_daemon(field.help))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)

    def show_value(self, value: Any) -> None:
        raise NotImplementedError

    @property
    def names_itself(self) -> bool:
        """True when no label shall stand before it."""
        return False


class NumberField(FieldWidget):
    """A spin box, with a slider before it when ``with_slider``."""

    def __init__(self, parent: Any, field: FormField, *, with_slider: bool = True) -> None:
        super().__init__(parent, field)
        self._spin: Any = QSpinBox(self) if field.decimals == 0 else QDoubleSpinBox(self)
        self._slider: Any = QSlider(Qt.Orientation.Horizontal, self) if with_slider else None
        self._set_up_spin()
        if self._slider is not None:
            finest = field.scale * 10**field.decimals
            steps = min(_LARGEST_SLIDER, max(1, round((field.maximum - field.minimum) * finest)))
            self._slider.setRange(0, steps)
            self._slider.setMinimumWidth(_SLIDER_WIDTH)
            self._slider.setPageStep(max(1, steps // 10))
            self._slider.valueChanged.connect(self._on_slider)
            self._row.addWidget(self._slider, 1)
        self._row.addWidget(self._spin, 0 if with_slider else 1)

    def show_value(self, value: Any) -> None:
        shown = float(self.field.minimum if value is None else value)
        with _blocked(self._spin):
            self._spin.setValue(self._spinnable(shown * self.field.scale))
        self._show_on_slider(shown)

    def _set_up_spin(self) -> None:
        field, spin = self.field, self._spin
        if field.decimals:
            spin.setDecimals(field.decimals)
        spin.setRange(self._spinnable(field.minimum * field.scale), self._spinnable(field.maximum * field.scale))
        spin.setSingleStep(self._spinnable(field.step * field.scale))
        if field.unit:
            gap = "" if field.unit in _TIGHT_UNITS else " "
            spin.setSuffix(gap + tr_daemon(field.unit))
        if field.special:
            spin.setSpecialValueText(field.special)
        spin.setKeyboardTracking(False)  # a number that is half typed is none
        if self._slider is not None:
            spin.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            follow_look(spin, lambda: spin.setFixedWidth(_spin_width(spin)))
        spin.valueChanged.connect(self._on_spin)

    def _spinnable(self, value: float) -> Any:
        return value if self.field.decimals else round(value)

    def _on_slider(self, position: int) -> None:
        field = self.field
        value = field.minimum + (field.maximum - field.minimum) * position / max(1, self._slider.maximum())
        with _blocked(self._spin):
            self._spin.setValue(self._spinnable(value * field.scale))
        self._emit()

    def _on_spin(self) -> None:
        self._show_on_slider(self._value())
        self._emit()

    def _show_on_slider(self, value: float) -> None:
        if self._slider is not None:
            extent = (self.field.maximum - self.field.minimum) or 1.0
            with _blocked(self._slider):
                self._slider.setValue(round((value - self.field.minimum) / extent * self._slider.maximum()))

    def _value(self) -> Any:
        value = self._spin.value() / self.field.scale
        if self.field.kind != "integer":
            return value
        # sizes come in multiples; what was typed between two of them is rounded
        step = max(1, round(self.field.step))
        return round(value / step) * step

    def _emit(self) -> None:
        value = self._value()
        if self.field.kind == "integer" and value != self._spin.value():
            with _blocked(self._spin):
                self._spin.setValue(value)
        self.edited.emit(value)


class ChoiceField(FieldWidget):
    def __init__(self, parent: Any, field: FormField) -> None:
        super().__init__(parent, field)
        self._box = ElidingComboBox(self)
        for value, label in field.choices:
            self._box.addItem(tr_daemon(label), value)
        self._box.activated.connect(lambda index: self.edited.emit(self._box.itemData(index)))
        self._box.currentIndexChanged.connect(lambda _index: self._tell_text())
        self._tell_text()
        self._row.addWidget(self._box, 1)

    def show_value(self, value: Any) -> None:
        with _blocked(self._box):
            self._box.setCurrentIndex(max(0, self._box.findData("" if value is None else value)))
        self._tell_text()

    def _tell_text(self) -> None:
        self.setToolTip(tip(self._box.currentText(), tr_daemon(self.field.help)))


class BooleanField(FieldWidget):
    def __init__(self, parent: Any, field: FormField) -> None:
        super().__init__(parent, field)
        self._box = ElidingCheckBox(tr_daemon(field.label), self)
        self.setToolTip(tip(tr_daemon(field.label), tr_daemon(field.help)))
        self._box.toggled.connect(self.edited.emit)
        self._row.addWidget(self._box, 1)

    def show_value(self, value: Any) -> None:
        with _blocked(self._box):
            self._box.setChecked(bool(value))

    @property
    def names_itself(self) -> bool:
        return True


class TextField(FieldWidget):
    def __init__(self, parent: Any, field: FormField) -> None:
        super().__init__(parent, field)
        self._edit = QLineEdit(self)
        self._edit.textEdited.connect(self.edited.emit)
        self._row.addWidget(self._edit, 1)

    def show_value(self, value: Any) -> None:
        if value != self._edit.text():
            self._edit.setText(str(value or ""))


def widget_for(parent: Any, field: FormField, *, with_slider: bool = True) -> FieldWidget:
    """The control that suits the field's kind; a kind that nobody knows yet is a line of text."""
    if field.kind in ("integer", "number"):
        return NumberField(parent, field, with_slider=with_slider)
    if field.kind == "choice":
        return ChoiceField(parent, field)
    if field.kind == "boolean":
        return BooleanField(parent, field)
    return TextField(parent, field)


def label_for(parent: Any, field: FormField, widget: Optional[QWidget] = None) -> Any:
    label = QLabel(tr_daemon(field.label), parent)
    label.setToolTip(tr_daemon(field.help))
    if widget is not None:
        label.setBuddy(widget)
    return label


def _spin_width(spin: Any) -> int:
    """Wide enough for the longest of what it may show, and alike for all of one column."""
    metrics = spin.fontMetrics()
    texts: Sequence[str] = (spin.textFromValue(spin.maximum()) + spin.suffix(), spin.specialValueText(), "100 px")
    return max(metrics.horizontalAdvance(text) for text in texts) + 34


def _blocked(widget: Any) -> "_Blocked":
    return _Blocked(widget)


class _Blocked:
    """``with``: the widget emits nothing. QSignalBlocker is a context manager in newer PyQt only."""

    def __init__(self, widget: Any) -> None:
        self._widget = widget

    def __enter__(self) -> None:
        self._blocker = QSignalBlocker(self._widget)

    def __exit__(self, *_error: Any) -> None:
        self._blocker.unblock()
