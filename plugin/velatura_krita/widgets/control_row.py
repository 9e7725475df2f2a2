"""One layer that guides the picture: what it is, how strictly, and from when to when."""

from typing import TYPE_CHECKING, Any, Callable, Dict, Sequence

from velatura_client.editor import Layer
from velatura_client.texts import tr, tr_daemon

from ..qt import QHBoxLayout, QLabel, Qt, QVBoxLayout, QWidget
from .buttons import remove_button
from .eliding import ElidingComboBox
from .fields import FieldWidget, widget_for
from .row import Row

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
        boxes = Row(self)
        boxes.add(self._kind_box, 1)
        boxes.add(self._layer_box, 2)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(boxes, 1)
        head.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        self._fields: Dict[str, FieldWidget] = {}
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2)
        lines.addLayout(head)
        self._add_numbers(lines, fields)

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
        self._kind_box.setToolTip(self._kind_box.currentText())
        self._source, self._layer = control.source, control.layer
        self._select_layer()
        for name, widget in self._fields.items():
            widget.show_value(getattr(control, name))

    def _add_numbers(self, lines: Any, fields: "Sequence[FormField]") -> None:
        """What is often set has a line of its own and a slider; the rest stands in one line under it."""
        rest = Row(self, spacing=6)
        for field in fields:
            if field.is_advanced:
                rest.add(self._number(rest, field, with_slider=False), 1)
            else:
                lines.addWidget(self._number(self, field, with_slider=True))
        lines.addWidget(rest)

    def _number(self, parent: Any, field: "FormField", *, with_slider: bool) -> Any:
        # the catalogue's labels name the control too ("Control weight"), which here says itself
        short = {"weight": tr("Weight"), "start": tr("From"), "end": tr("to")}
        name = field.name.rpartition(".")[2]
        # two on one line go on lines of their own before a label leaves its number
        line: Any = Row(parent, spacing=6) if with_slider else QWidget(parent)
        widget = widget_for(line, field, with_slider=with_slider)
        widget.edited.connect(lambda value: self._on_change({name: value}))
        self._fields[name] = widget
        label = QLabel(short.get(name, tr_daemon(field.label)), line)
        label.setToolTip(tr_daemon(field.help))
        if not with_slider:
            beside = QHBoxLayout(line)
            beside.setContentsMargins(0, 0, 0, 0)
            beside.setSpacing(6)
            beside.addWidget(label)
            beside.addWidget(widget, 1)
        else:
            line.add(label)
            line.add(widget, 1)
        return line

    def _select_layer(self) -> None:
        wanted = _VISIBLE if self._source == "canvas" else self._layer
        index = self._layer_box.findData(wanted)
        self._layer_box.blockSignals(True)
        self._layer_box.setCurrentIndex(index)
        self._layer_box.blockSignals(False)
        # the layer was deleted, or belongs to another picture
        lost = tr("This layer is not in this picture. Choose another one.")
        self._layer_box.setToolTip(self._layer_box.currentText().strip() if index >= 0 else lost)

    def _on_layer(self, index: int) -> None:
        key = self._layer_box.itemData(index)
        if key == _VISIBLE:
            self._on_change({"source": "canvas", "layer": "", "prepared": False})
        else:
            self._on_change({"source": "layer", "layer": key, "prepared": True})

    def _box(self, length: int) -> Any:
        return ElidingComboBox(self, least_signs=length)
