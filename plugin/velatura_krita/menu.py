"""The entries of Tools > Velatura. Ids and shortcuts stand in velatura_krita.action too."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Sequence

from velatura_client.intent import INTENTS
from velatura_client.texts import tr

from .intents import label_of
from .qt import QCursor, QMenu

if TYPE_CHECKING:
    from .plugin import Plugin

#: Beneath which place in Krita's menus the entries stand.
PLACE = "tools/velatura_menu"


@dataclass(frozen=True)
class Entry:
    """``deed`` gets Krita's main window; ``begins_group``: a line stands above it."""

    identifier: str
    text: str
    deed: Callable[[Any], Any]
    begins_group: bool = False


def entries(plugin: "Plugin", ask: Callable[[Any, str], None]) -> Sequence[Entry]:
    """``ask(window, intent)``: ask for a prompt and begin."""
    results = plugin.results
    begin = [
        Entry(f"velatura_{intent}", label_of(intent) + "...", lambda window, intent=intent: ask(window, intent))
        for intent in INTENTS
    ]
    return (
        *begin,
        Entry(
            "velatura_make_map",
            tr("Make Control Map..."),
            lambda window: choose_kind(plugin, window, plugin.make_map),
            begins_group=True,
        ),
        Entry(
            "velatura_use_layer",
            tr("Use Layer as Control..."),
            lambda window: choose_kind(plugin, window, plugin.use_layer),
        ),
        Entry("velatura_again", tr("Again with a New Seed"), lambda _window: results.again(), begins_group=True),
        Entry(
            "velatura_again_from_layer",
            tr("Generate Again from This Layer"),
            lambda _window: plugin.begin_job(lambda actions: actions.again_from_layer()),
        ),
        Entry("velatura_repeat", tr("Repeat the Last Job"), lambda _window: plugin.repeat()),
        Entry("velatura_previous_result", tr("Newer Result"), lambda _window: results.step(-1), begins_group=True),
        Entry("velatura_next_result", tr("Older Result"), lambda _window: results.step(1)),
        Entry("velatura_hide_result", tr("Hide Result"), lambda _window: results.hide()),
        Entry("velatura_apply", tr("Apply Result"), lambda _window: results.apply()),
        Entry("velatura_apply_group", tr("Apply Results as a Group"), lambda _window: results.apply_group()),
        Entry("velatura_discard_result", tr("Discard Result"), lambda _window: results.delete()),
        Entry("velatura_insert_waiting", tr("Insert Waiting Result"), lambda _window: plugin.insert_waiting()),
        Entry(
            "velatura_export_layer",
            tr("Export Layer as PNG with Parameters..."),
            lambda window: plugin.export.save_layer(window),
            begins_group=True,
        ),
        Entry("velatura_cancel", tr("Cancel"), lambda _window: plugin.cancel(), begins_group=True),
    )


def choose_kind(plugin: "Plugin", window: Any, on_kind: Callable[[str], None]) -> None:
    """A menu at the mouse with the kinds of control that the chosen model knows."""
    from velatura_client.texts import tr_daemon

    kinds = plugin.control_kinds()
    if not kinds:
        plugin.start_engine()
        plugin.editor.show_error("", tr("The engine has not told yet which controls it knows. Try again in a moment."))
        return
    menu = QMenu(window)
    menu.setObjectName("velatura_kinds")
    for kind in kinds:
        menu.addAction(tr_daemon(kind.label)).triggered.connect(lambda _checked=False, kind=kind: on_kind(kind.id))
    menu.popup(QCursor.pos())
