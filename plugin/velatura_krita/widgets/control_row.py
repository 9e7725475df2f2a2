"""One layer that guides the picture: what it is, how strictly, and from when to when."""

from typing import TYPE_CHECKING, Any, Callable, Dict, Sequence

from velatura_client.editor import Layer
from velatura_client.texts import tr, tr_daemon

from ..qt import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from .buttons import remove_button
from .fields import FieldWidget, widget_for

if TYPE_CHECKING:
    from velatura_client.choices import ControlChoice
    from velatura_client.form import FormField
    from velatura_protocol.catalogue import ControlDescription

#: Stands in the list of layers for the picture as it is seen, of which a map is made on the way.
_VISIBLE = "\0canvas"
_INDENT = "   "


class ControlRow(QWidget):
    """``on_change({name: value})`` tells of a person's change."""

    def __init__(
        self,
        parent: Any,
        *,
        kinds: "Sequence[ControlDescription]",
        fields: "Sequence[FormField]",
        on_change: Callable[[Dict[str, Any]], None],
        on_remove: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_control")
        self._on_change = on_change
        self._layer = ""
        self._source = "layer"
        self._kind_box = self._box(4)
        for kind in kinds:
            self._kind_box.addItem(tr_daemon(kind.label), kind.id)
        self._kind_box.activated.connect(lambda index: on_change({"kind": self._kind_box.itemData(index)}))
        self._layer_box = self._box(8)
        self._layer_box.activated.connect(self._on_layer)
        remove = remove_button(
            self,
            name="velatura_remove_control",
            help=tr("Remove this control; the layer stays"),
            on_click=on_remove,
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._kind_box, 0, 0)
        grid.addWidget(self._layer_box, 0, 1)
        grid.addWidget(remove, 0, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 2)
        self._fields: Dict[str, FieldWidget] = {}
        grid.addLayout(self._numbers(fields), 1, 0, 1, 3)

    def show_layers(self, layers: Sequence[Layer]) -> None:
        box = self._layer_box
        box.blockSignals(True)
        box.clear()
        box.addItem(tr("Visible picture"), _VISIBLE)
        for layer in layers:
            box.addItem(_INDENT * layer.depth + layer.name, layer.key)
        box.blockSignals(False)
        self._select_layer()

    def show_control(self, control: "ControlChoice") -> None:
        self._kind_box.setCurrentIndex(self._kind_box.findData(control.kind))
        self._source, self._layer = control.source, control.layer
        self._select_layer()
        for name, widget in self._fields.items():
            widget.show_value(getattr(control, name))

    def _numbers(self, fields: "Sequence[FormField]") -> Any:
        """What is often set has a line of its own and a slider; the rest stands in one line under it."""
        lines = QVBoxLayout()
        lines.setSpacing(2)
        rest = QHBoxLayout()
        for field in fields:
            if field.is_advanced:
                self._add_number(rest, field, with_slider=False)
            else:
                line = QHBoxLayout()
                self._add_number(line, field, with_slider=True)
                lines.addLayout(line)
        lines.addLayout(rest)
        return lines

    def _add_number(self, line: Any, field: "FormField", *, with_slider: bool) -> None:
        # the catalogue's labels name the control too ("Control weight"), which here says itself
        short = {"weight": tr("Weight"), "start": tr("From"), "end": tr("to")}
        name = field.name.rpartition(".")[2]
        widget = widget_for(self, field, with_slider=with_slider)
        widget.edited.connect(lambda value: self._on_change({name: value}))
        self._fields[name] = widget
        label = QLabel(short.get(name, tr_daemon(field.label)), self)
        label.setToolTip(tr_daemon(field.help))
        line.setSpacing(6)
        line.addWidget(label)
        line.addWidget(widget, 1)

    def _select_layer(self) -> None:
        wanted = _VISIBLE if self._source == "canvas" else self._layer
        index = self._layer_box.findData(wanted)
        self._layer_box.blockSignals(True)
        self._layer_box.setCurrentIndex(index)
        self._layer_box.blockSignals(False)
        # the layer was deleted, or belongs to another picture
        self._layer_box.setToolTip("" if index >= 0 else tr("This layer is not in this picture. Choose another one."))

    def _on_layer(self, index: int) -> None:
        key = self._layer_box.itemData(index)
        if key == _VISIBLE:
            self._on_change({"source": "canvas", "layer": "", "prepared": False})
        else:
            self._on_change({"source": "layer", "layer": key, "prepared": True})

    def _box(self, length: int) -> Any:
        box = QComboBox(self)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(length)
        return box
