"""The settings of a job, drawn from the daemon's catalogue; greyed until it has come."""

from typing import TYPE_CHECKING, Any, List, Optional, Sequence

from velatura_client.form import FormField, chosen_value, fields, fitting, with_value
from velatura_client.texts import tr

from ..qt import QVBoxLayout, QWidget
from .controls_list import ControlsList
from .eliding import ElidingComboBox, tip
from .fold import Fold
from .form_grid import FormGrid
from .loras_list import LorasList
from .more import More
from .seed_row import SeedRow

if TYPE_CHECKING:
    from velatura_client.choices import Choices
    from velatura_client.editor import Layer
    from velatura_protocol.catalogue import ModelDescription

    from ..plugin import Plugin

COUNT = "count"
#: Fields with a place of their own.
_APART = ("prompt", "negative_prompt", "seed", COUNT)
#: Lists have rows of their own.
_CONTROLS, _LORA_WEIGHT = "controls.", "loras.weight"
_LISTS = (_CONTROLS, "loras.")


class Options(QWidget):
    """Strength, seed and count, surroundings, controls, LoRAs, and the fold-out.

    Attributes:
        model: the choice of the model, to be placed at the top; there when there is more than one.
    """

    def __init__(self, parent: Any, plugin: "Plugin") -> None:
        super().__init__(parent)
        self._plugin = plugin
        state = plugin.state
        self.model = self._model_box(parent)
        self._seed = SeedRow(self, on_seed=lambda seed: state.choose("seed", seed))
        self._controls = ControlsList(
            self,
            on_controls=lambda controls: state.choose("controls", controls),
            make_map=plugin.make_map,
            active_layer=self._active_layer,
            layers=self._layers,
        )
        self._controls_fold = Fold(
            self, tr("Control layers"), is_open=bool(state.view.get("controls")), on_fold=self._fold_controls
        )
        self._controls_fold.head.setObjectName("velatura_fold_controls")
        self._controls_fold.add(self._controls)
        self._loras = LorasList(self, on_loras=lambda loras: state.choose("loras", loras))
        self._loras_fold = Fold(self, tr("LoRAs"), is_open=bool(state.view.get("loras")), on_fold=self._fold_loras)
        self._loras_fold.head.setObjectName("velatura_fold_loras")
        self._loras_fold.add(self._loras)
        self._more = More(self, plugin)
        self._main: Optional[FormGrid] = None
        self._form: Sequence[FormField] = ()
        self._drawn_for: Optional[str] = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        for widget in (self._seed, self._controls_fold, self._loras_fold, self._more):
            self._layout.addWidget(widget)

    def show_catalogue(self) -> None:
        """Draw everything anew from what the daemon told."""
        catalogue = self._plugin.state.catalogue
        if catalogue is None:
            self._form = _stand_ins()
        else:
            self._fill_model_box()
            self._form = fields(catalogue, self._model())
            self._plugin.choices = self._mended(self._plugin.choices)
        self._drawn_for = self.model.currentData()
        self._draw()
        self.setEnabled(catalogue is not None)
        self.show_choices(self._plugin.choices)

    def show_choices(self, choices: "Choices") -> None:
        if self._plugin.state.catalogue is not None and self._drawn_for != self._chosen_model_id(choices):
            self.show_catalogue()
            return
        if self._main is not None:
            self._main.show_choices(choices)
        self._seed.show_seed(choices.seed)
        count = self._field(COUNT)
        if count is not None:
            self._seed.show_count(count, choices.count, lambda value: self._plugin.state.choose(COUNT, value))
        self._controls.show_controls(choices.controls)
        number = len(choices.controls)
        title = tr("Control layers ({number})", number=number) if number else tr("Control layers")
        self._controls_fold.set_title(title)
        self._loras.show_loras(choices.loras)
        number = len(choices.loras)
        self._loras_fold.set_title(tr("LoRAs ({number})", number=number) if number else tr("LoRAs"))
        self._more.show_choices(choices)

    def show_last_seed(self, seed: Optional[int]) -> None:
        self._seed.show_last(seed)

    def look_at_layers(self) -> None:
        """Bring the lists of layers up to date, if there are any."""
        self._controls.look_at_layers()

    def _draw(self) -> None:
        if self._main is not None:
            self._main.setParent(None)
            self._main.deleteLater()
        plain = [field for field in self._form if field.name not in _APART and not field.name.startswith(_LISTS)]
        self._main = FormGrid(self, [field for field in plain if not field.is_advanced], self._plugin.state.choose)
        self._layout.insertWidget(0, self._main)
        self._more.show_form([field for field in plain if field.is_advanced])
        self._show_controls()
        self._show_loras()

    def _mended(self, choices: "Choices") -> "Choices":
        """Without what was kept from another run and is no longer there: a model, a LoRA, a sampler, a wider range."""
        if choices.model not in [model.id for model in self._working_models()]:
            choices = with_value(choices, "model", "")
        names = self._lora_names()
        choices = with_value(choices, "loras", tuple(lora for lora in choices.loras if lora.name in names))
        for field in self._form:
            if not field.name.startswith(_LISTS):
                chosen = chosen_value(choices, field.name)
                fitted = fitting(field, chosen)
                if chosen is not None and fitted != chosen:
                    choices = with_value(choices, field.name, fitted)
        return choices

    def _show_controls(self) -> None:
        catalogue, model = self._plugin.state.catalogue, self._model()
        kinds: List[Any] = []
        if catalogue is not None and model is not None:
            kinds = [kind for kind in catalogue.controls if model.id in kind.models]
        self._controls.show_kinds(kinds, [field for field in self._form if field.name.startswith(_CONTROLS)])
        self._controls_fold.setVisible(bool(kinds))

    def _show_loras(self) -> None:
        names = self._lora_names()
        self._loras.show_names(names, self._field(_LORA_WEIGHT))
        self._loras_fold.setVisible(bool(names))

    def _lora_names(self) -> Sequence[str]:
        """Of those that suit the model."""
        catalogue, model = self._plugin.state.catalogue, self._model()
        if catalogue is None or model is None:
            return ()
        return [lora.name for lora in catalogue.loras if model.id in lora.models]

    def _field(self, name: str) -> Optional[FormField]:
        return next((field for field in self._form if field.name == name), None)

    def _model_box(self, parent: Any) -> Any:
        box = ElidingComboBox(parent, least_signs=8)
        box.setObjectName("velatura_model")
        box.currentIndexChanged.connect(
            lambda _index: box.setToolTip(tip(box.currentText(), tr("The model that paints")))
        )
        box.activated.connect(lambda index: self._plugin.state.choose("model", box.itemData(index)))
        box.hide()
        return box

    def _fill_model_box(self) -> None:
        models = self._working_models()
        self.model.clear()
        for model in models:
            self.model.addItem(model.label, model.id)
        self.model.setCurrentIndex(self.model.findData(self._chosen_model_id(self._plugin.choices)))
        self.model.setVisible(len(models) > 1)

    def _working_models(self) -> "List[ModelDescription]":
        catalogue = self._plugin.state.catalogue
        return [model for model in catalogue.models if not model.problem] if catalogue is not None else []

    def _chosen_model_id(self, choices: "Choices") -> Optional[str]:
        """The chosen one while it works, else the one that a job would take."""
        ids = [model.id for model in self._working_models()]
        return choices.model if choices.model in ids else ids[0] if ids else None

    def _model(self) -> "Optional[ModelDescription]":
        chosen = self._chosen_model_id(self._plugin.choices)
        return next((model for model in self._working_models() if model.id == chosen), None)

    def _active_layer(self) -> str:
        document = self._plugin.editor.active_document()
        return "" if document is None else document.active_layer()

    def _layers(self) -> "Sequence[Layer]":
        document = self._plugin.editor.active_document()
        return () if document is None else document.layers()

    def _fold_controls(self, is_open: bool) -> None:
        self._plugin.state.view["controls"] = is_open

    def _fold_loras(self, is_open: bool) -> None:
        self._plugin.state.view["loras"] = is_open


def _stand_ins() -> Sequence[FormField]:
    """What is shown greyed, with the daemon's labels, so that the docker keeps its shape when the fields come."""
    fraction = {"minimum": 0.0, "maximum": 1.0, "step": 0.01, "scale": 100.0, "unit": "%"}
    return (
        FormField(name="strength", kind="number", label="Strength", default=1.0, **fraction),
        FormField(name="inpaint.context", kind="number", label="Context", default=0.5, **fraction),
        FormField(name=COUNT, kind="integer", label="Pictures", default=1, minimum=1, maximum=1),
    )
