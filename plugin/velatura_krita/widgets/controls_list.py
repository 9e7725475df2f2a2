"""Layers that guide the picture: edges, depth, whatever kinds the model knows."""

import dataclasses
from typing import TYPE_CHECKING, Any, Callable, List, Sequence, Tuple

from velatura_client.editor import Layer
from velatura_client.texts import tr, tr_daemon

from ..qt import QVBoxLayout, QWidget
from .buttons import fill_menu, menu_button
from .control_row import ControlRow
from .row import Row

if TYPE_CHECKING:
    from velatura_client.choices import ControlChoice
    from velatura_client.form import FormField
    from velatura_protocol.catalogue import ControlDescription

OnControls = Callable[[Tuple[Any, ...]], None]


class ControlsList(QWidget):
    """``on_controls(controls)`` gets all of them after a person's change; ``make_map(kind)`` is asked for a map;
    ``layers()`` tells what the open document has now, the topmost first.
    """

    def __init__(
        self,
        parent: Any,
        *,
        on_controls: OnControls,
        make_map: Callable[[str], None],
        active_layer: Callable[[], str],
        layers: Callable[[], Sequence[Layer]],
    ) -> None:
        super().__init__(parent)
        self._on_controls = on_controls
        self._active_layer = active_layer
        self._read_layers = layers
        self._controls: Tuple[ControlChoice, ...] = ()
        self._kinds: Sequence[ControlDescription] = ()
        self._fields: Sequence[FormField] = ()
        self._layers: Tuple[Layer, ...] = ()
        self._rows: List[ControlRow] = []
        self._add = menu_button(
            self,
            name="velatura_use_layer",
            text=tr("Use Layer as"),
            help=tr("Let the active layer guide the picture. The layer is used as it is."),
            on_choice=self._add_control,
        )
        self._make = menu_button(
            self,
            name="velatura_make_map",
            text=tr("Make Map"),
            help=tr("Make a map from the visible picture, as a new layer that can be painted on."),
            on_choice=make_map,
        )
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        buttons = Row(self)
        buttons.add(self._add, 1)
        buttons.add(self._make, 1)
        self._layout.addWidget(buttons)

    def show_kinds(self, kinds: "Sequence[ControlDescription]", fields: "Sequence[FormField]") -> None:
        """``kinds``: those that the model can do; ``fields``: the options ``controls.*``."""
        self._kinds, self._fields = tuple(kinds), tuple(fields)
        fill_menu(self._add, [_choice(kind) for kind in self._kinds])
        fill_menu(self._make, [_choice(kind) for kind in self._kinds if kind.can_prepare])
        self._rebuild()

    def look_at_layers(self) -> None:
        """Show the layers as they are now, while there is a control to choose one for."""
        if not self._controls:
            return
        layers = tuple(self._read_layers())
        if layers != self._layers:
            self._layers = layers
            for row in self._rows:
                row.show_layers(layers)

    def show_controls(self, controls: "Tuple[ControlChoice, ...]") -> None:
        if controls == self._controls:
            return
        same_rows = len(controls) == len(self._rows)
        self._controls = controls
        known = {layer.key for layer in self._layers}
        if not same_rows or any(control.source == "layer" and control.layer not in known for control in controls):
            self.look_at_layers()  # a layer may be younger than the last look
        if same_rows:
            for index, row in enumerate(self._rows):
                row.show_control(controls[index])
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        for row in self._rows:
            self._layout.removeWidget(row)
            row.deleteLater()
        self._rows = []
        for index, control in enumerate(self._controls):
            row = ControlRow(
                self,
                kinds=self._kinds,
                fields=self._fields,
                on_change=lambda changes, index=index: self._change(index, changes),
                on_remove=lambda index=index: self._remove(index),
            )
            row.show_layers(self._layers)
            row.show_control(control)
            self._rows.append(row)
            self._layout.insertWidget(index, row)

    def _add_control(self, kind: str) -> None:
        from velatura_client.choices import ControlChoice

        new = ControlChoice(kind=kind, source="layer", layer=self._active_layer(), prepared=True)
        self._on_controls((*self._controls, new))

    def _change(self, index: int, changes: Any) -> None:
        changed = dataclasses.replace(self._controls[index], **changes)
        self._on_controls((*self._controls[:index], changed, *self._controls[index + 1 :]))

    def _remove(self, index: int) -> None:
        self._on_controls((*self._controls[:index], *self._controls[index + 1 :]))


def _choice(kind: "ControlDescription") -> Tuple[str, str, str]:
    return kind.id, tr_daemon(kind.label), tr_daemon(kind.help)
