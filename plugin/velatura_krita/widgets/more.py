"""The fold-out: everything that is set once in a while."""

from typing import TYPE_CHECKING, Any, Optional, Sequence

from velatura_client.choices import INSERT, SHOW, SHOW_SEVERAL
from velatura_client.form import FormField
from velatura_client.texts import tr

from .fold import Fold
from .form_grid import FormGrid

if TYPE_CHECKING:
    from velatura_client.choices import Choices

    from ..plugin import Plugin

_OPEN = "more"


class More(Fold):
    def __init__(self, parent: Any, plugin: "Plugin") -> None:
        self._plugin = plugin
        super().__init__(parent, tr("More"), is_open=bool(plugin.state.view.get(_OPEN)), on_fold=self._remember)
        self.head.setObjectName("velatura_fold_more")
        self._grid: Optional[FormGrid] = None

    def show_form(self, form: Sequence[FormField]) -> None:
        """``form``: the daemon's; what is this side's own stands after it."""
        if self._grid is not None:
            self._grid.deleteLater()
            self._grid.setParent(None)
        self._grid = FormGrid(
            self.body, _grouped((*form, *_own_fields())), self._plugin.state.choose, has_headings=True
        )
        self.add(self._grid)

    def show_choices(self, choices: "Choices") -> None:
        if self._grid is not None:
            self._grid.show_choices(choices)

    def _remember(self, is_open: bool) -> None:
        self._plugin.state.view[_OPEN] = is_open


def _grouped(form: Sequence[FormField]) -> Sequence[FormField]:
    """Those of one group together, else in their order."""
    groups = list(dict.fromkeys(field.group for field in form))
    return sorted(form, key=lambda field: groups.index(field.group))


def _own_fields() -> Sequence[FormField]:
    return (
        FormField(
            name="refine_source",
            kind="choice",
            label=tr("Refine"),
            help=tr("What Refine starts from."),
            default="layer",
            group=tr("Selection"),
            choices=(("layer", tr("The active layer")), ("canvas", tr("The visible picture"))),
        ),
        FormField(
            name="results",
            kind="choice",
            label=tr("When finished"),
            help=tr("Pictures that are shown over the canvas first become layers when you apply them."),
            default=SHOW_SEVERAL,
            choices=(
                (SHOW_SEVERAL, tr("Show several first")),
                (INSERT, tr("Insert at once")),
                (SHOW, tr("Show first")),
            ),
            group=tr("Results"),
        ),
        FormField(
            name="keep_inputs",
            kind="boolean",
            label=tr("Keep what pictures were made from in the document"),
            help=tr("So that the same picture can be made again later. Without it files are smaller."),
            default=True,
            group=tr("Results"),
        ),
        FormField(
            name="preview_on_canvas",
            kind="boolean",
            label=tr("Preview over the canvas"),
            help=tr("While a picture is painted. Switch it off to see your own picture meanwhile."),
            default=True,
            group=tr("Results"),
        ),
    )
