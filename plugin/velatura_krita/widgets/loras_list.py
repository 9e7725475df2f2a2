"""The LoRAs that a picture is painted with: which, and how strongly each acts."""

import dataclasses
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Sequence, Tuple

from velatura_client.texts import tr, tr_daemon

from ..qt import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from .buttons import fill_menu, menu_button, remove_button
from .eliding import ElidingLabel
from .fields import widget_for
from .row import Row

if TYPE_CHECKING:
    from velatura_client.form import FormField
    from velatura_protocol.request import LoraRequest


class LorasList(QWidget):
    """``on_loras(loras)`` gets all of them after a person's change."""

    def __init__(self, parent: Any, *, on_loras: "Callable[[Tuple[LoraRequest, ...]], None]") -> None:
        super().__init__(parent)
        self._on_loras = on_loras
        self._loras: Tuple[LoraRequest, ...] = ()
        self._names: Sequence[str] = ()
        self._weight: Optional[FormField] = None
        self._rows: List[_LoraRow] = []
        self._add = menu_button(
            self,
            name="velatura_add_lora",
            text=tr("Add LoRA"),
            help=tr("A small addition to the model: a style, a thing or a person that it was taught."),
            on_choice=self._add_lora,
        )
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addWidget(self._add)

    def show_names(self, names: Sequence[str], weight: "Optional[FormField]") -> None:
        """``names``: of the LoRAs that suit the model; ``weight``: the option ``loras.weight``."""
        self._names, self._weight = tuple(names), weight
        self._rebuild()

    def show_loras(self, loras: "Tuple[LoraRequest, ...]") -> None:
        if loras == self._loras:
            return
        same_rows = [lora.name for lora in loras] == [lora.name for lora in self._loras]
        self._loras = loras
        if same_rows:
            for index, row in enumerate(self._rows):
                row.show_weight(loras[index].weight)
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        for row in self._rows:
            self._layout.removeWidget(row)
            row.deleteLater()
        self._rows = []
        for index, lora in enumerate(self._loras):
            row = _LoraRow(
                self,
                lora.name,
                self._weight,
                on_weight=lambda weight, index=index: self._change(index, weight),
                on_remove=lambda index=index: self._on_loras((*self._loras[:index], *self._loras[index + 1 :])),
            )
            row.show_weight(lora.weight)
            self._rows.append(row)
            self._layout.insertWidget(index, row)
        chosen = {lora.name for lora in self._loras}
        fill_menu(self._add, [(name, name, name) for name in self._names if name not in chosen])

    def _add_lora(self, name: str) -> None:
        from velatura_protocol.request import LoraRequest

        self._on_loras((*self._loras, LoraRequest(name)))

    def _change(self, index: int, weight: float) -> None:
        changed = dataclasses.replace(self._loras[index], weight=weight)
        self._on_loras((*self._loras[:index], changed, *self._loras[index + 1 :]))


class _LoraRow(QWidget):
    """The name over its weight: names of files are long."""

    def __init__(
        self,
        parent: Any,
        name: str,
        weight: "Optional[FormField]",
        *,
        on_weight: Callable[[float], None],
        on_remove: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_lora")
        title = ElidingLabel(self)
        title.setText(name)
        title.setToolTip(name)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(title, 1)
        head.addWidget(
            remove_button(self, name="velatura_remove_lora", help=tr("Paint without this LoRA"), on_click=on_remove)
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        self._field: Any = None
        if weight is not None:
            self._field = widget_for(self, weight, with_slider=True)
            self._field.edited.connect(on_weight)
            label = QLabel(tr("Weight"), self)
            label.setToolTip(tr_daemon(weight.help))
            line = Row(self, spacing=6)
            line.add(label)
            line.add(self._field, 1)
            column.addWidget(line)

    def show_weight(self, weight: float) -> None:
        if self._field is not None:
            self._field.show_value(weight)
