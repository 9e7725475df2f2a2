"""The entries of Tools > Velatura. Ids and shortcuts stand in velatura_krita.action too."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, List, Sequence, Tuple

from velatura_client.intent import INTENTS
from velatura_client.texts import tr

from .intents import help_of, label_of
from .qt import QCursor, QMenu

if TYPE_CHECKING:
    from .plugin import Plugin

#: Beneath which place in Krita's menus the entries stand.
PLACE = "tools/velatura_menu"


@dataclass(frozen=True)
class Entry:
    """``help``: what it does; ``deed`` gets Krita's main window; ``begins_group``: a line stands above it."""

    identifier: str
    text: str
    help: str
    deed: Callable[[Any], Any]
    begins_group: bool = False


def entries(plugin: "Plugin", ask: Callable[[Any, str], None]) -> Sequence[Entry]:
    """``ask(window, intent)``: ask for a prompt and begin."""
    begin = [
        Entry(
            f"velatura_{intent}",
            label_of(intent) + "...",
            help_of(intent),
            lambda window, intent=intent: ask(window, intent),
        )
        for intent in INTENTS
    ]
    return (
        *begin,
        *_control_entries(plugin),
        *_again_entries(plugin),
        *_result_entries(plugin),
        *_last_entries(plugin),
    )


def arrange(menu: Any, made: "Sequence[Tuple[Entry, Any]]") -> None:
    """Put the entries in their order, with lines between the groups, and with their tool tips, if they are not so.

    Args:
        made: each entry with its action. Krita puts the actions into the menu, and the English tool tips of
            velatura_krita.action into the actions, after they were made; Krita 6 sorts them by their ids.
    """
    for entry, action in made:
        if not action.toolTip().startswith(entry.help):  # Krita adds the keys
            action.setToolTip(entry.help)
    wanted: List[Any] = []
    for entry, action in made:
        wanted += [None, action] if entry.begins_group else [action]
    if [None if action.isSeparator() else action for action in menu.actions()] == wanted:
        return
    for action in menu.actions():
        menu.removeAction(action)
    for action in wanted:
        if action is None:
            menu.addSeparator()
        else:
            menu.addAction(action)


def _control_entries(plugin: "Plugin") -> Sequence[Entry]:
    return (
        Entry(
            "velatura_make_map",
            tr("Make Control Map..."),
            tr("Make a map from the visible picture, as a new layer that can be painted on."),
            lambda window: choose_kind(plugin, window, plugin.make_map),
            begins_group=True,
        ),
        Entry(
            "velatura_use_layer",
            tr("Use Layer as Control..."),
            tr("Let the active layer guide the picture. The layer is used as it is."),
            lambda window: choose_kind(plugin, window, plugin.use_layer),
        ),
    )


def _again_entries(plugin: "Plugin") -> Sequence[Entry]:
    return (
        Entry(
            "velatura_again",
            tr("Again with a New Seed"),
            tr("Begin the job of the shown result once more, with a new seed"),
            lambda _window: plugin.results.again(),
            begins_group=True,
        ),
        Entry(
            "velatura_again_from_layer",
            tr("Generate Again from This Layer"),
            tr("Make the very picture of the active layer again"),
            lambda _window: plugin.begin_job(lambda actions: actions.again_from_layer()),
        ),
        Entry(
            "velatura_repeat",
            tr("Repeat the Last Job"),
            tr("Begin the job that failed last again, just as it was"),
            lambda _window: plugin.repeat(),
        ),
    )


def _result_entries(plugin: "Plugin") -> Sequence[Entry]:
    results = plugin.results
    return (
        Entry(
            "velatura_previous_result",
            tr("Newer Result"),
            tr("Show the next newer picture of the history over the canvas"),
            lambda _window: results.step(-1),
            begins_group=True,
        ),
        Entry(
            "velatura_next_result",
            tr("Older Result"),
            tr("Show the next older picture of the history over the canvas"),
            lambda _window: results.step(1),
        ),
        Entry(
            "velatura_hide_result",
            tr("Hide Result"),
            tr("Take the shown picture off the canvas"),
            lambda _window: results.hide(),
        ),
        Entry(
            "velatura_apply",
            tr("Apply Result"),
            tr("Put the shown picture in as a layer: one undo step"),
            lambda _window: results.apply(),
        ),
        Entry(
            "velatura_apply_group",
            tr("Apply Results as a Group"),
            tr("Put all pictures of the job in as a group of layers"),
            lambda _window: results.apply_group(),
        ),
        Entry(
            "velatura_discard_result",
            tr("Discard Result"),
            tr("Delete the shown picture from the history"),
            lambda _window: results.delete(),
        ),
    )


def _last_entries(plugin: "Plugin") -> Sequence[Entry]:
    return (
        Entry(
            "velatura_insert_waiting",
            tr("Insert Waiting Result"),
            tr("Put a picture that was finished too late for its document above the active layer"),
            lambda _window: plugin.insert_waiting(),
            begins_group=True,
        ),
        Entry(
            "velatura_enlarge",
            tr("Enlarge Canvas to Fit"),
            tr("Make the canvas as large as what results reach beyond it"),
            lambda _window: plugin.enlarge_canvas(),
        ),
        Entry(
            "velatura_export_layer",
            tr("Export Layer as PNG with Parameters..."),
            tr("Save the active layer as a PNG file with what made it"),
            lambda window: plugin.export.save_layer(window),
        ),
        Entry(
            "velatura_cancel",
            tr("Cancel"),
            tr("Stop every job that was begun here"),
            lambda _window: plugin.cancel(),
            begins_group=True,
        ),
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
