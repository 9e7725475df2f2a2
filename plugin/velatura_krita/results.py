"""What a person does with finished pictures, from the docker or from the menu."""

import dataclasses
from typing import TYPE_CHECKING, Any, Callable, Dict, Sequence

from velatura_client.editor import HistoryItem
from velatura_client.texts import tr

from .qt import QObject, Signal

if TYPE_CHECKING:
    from .plugin import Plugin


class Results(QObject):
    """Of the document that is before the painter. Signal: ``shown_changed(key)``.

    Attributes:
        shown: key of the picture that lies over its canvas, "" = none.
    """

    shown_changed = Signal(str)

    def __init__(self, plugin: "Plugin") -> None:
        super().__init__()
        self._plugin = plugin
        self.shown = ""
        plugin.editor.history_changed.connect(self._on_history)

    def show(self, key: str) -> None:
        """Lay a picture over the canvas; the one that lies there already is taken away."""
        if key == self.shown:
            self.hide()
        else:
            self._plugin.use(lambda actions: actions.history.show(key))

    def hide(self) -> None:
        if self.shown:
            self._plugin.use(lambda actions: actions.history.hide())

    def step(self, by: int) -> None:
        """Show the picture ``by`` places further in the history (1 = the next older one); none shown: the newest."""
        keys = [item.key for item in self._plugin.editor.history]
        if not keys:
            self._plugin.editor.show_error("", tr("There is no finished picture yet."))
            return
        index = keys.index(self.shown) + by if self.shown in keys else 0
        key = keys[index % len(keys)]
        if key != self.shown:
            self.show(key)

    def apply(self, key: str = "") -> None:
        """Put a picture into the document as a layer. "": the one that is shown, else the newest."""
        self._with(key, lambda found: self._apply(found))

    def apply_group(self, key: str = "") -> None:
        """All pictures of the same job, as a group of layers."""
        self._with(key, lambda found: self._apply_group(found))

    def again(self, key: str = "") -> None:
        """The same job once more, with a new seed."""
        self._with(key, lambda item: self._plugin.begin_job(lambda actions: actions.history.again(item.key)))

    def make_again(self, key: str = "") -> None:
        """The very same picture once more, as a new layer."""
        self._with(key, lambda item: self._plugin.begin_job(lambda actions: actions.history.make_again(item.key)))

    def delete(self, key: str = "") -> None:
        """Take a picture out of the history. "": the one that is shown, and none when none is."""
        if key or self.shown:
            self._with(key, lambda item: self._plugin.use(lambda actions: actions.history.delete(item.key)))
        else:
            self._plugin.editor.show_error("", tr("No picture is shown. Show the one to discard, then do this again."))

    def do(self, what: str, key: str, window: Any) -> None:
        """``what``: a word of the history's menu. ``window``: whose dialog is shown."""
        deeds: Dict[str, Callable[[], None]] = {
            "apply": lambda: self.apply(key),
            "apply_group": lambda: self.apply_group(key),
            "again": lambda: self.again(key),
            "make_again": lambda: self.make_again(key),
            "delete": lambda: self.delete(key),
            "prompt": lambda: self._with(key, lambda item: self._plugin.state.choose("prompt", item.prompt)),
            "seed": lambda: self._with(key, lambda item: self._plugin.state.choose("seed", item.seed)),
            "settings": lambda: self._with(key, self._use_settings),
            "copy_seed": lambda: self._with(key, _copy_seed),
            "save": lambda: self._plugin.export.save_result(key, window),
        }
        self._plugin.attempt(deeds[what])

    def _apply(self, item: HistoryItem) -> None:
        self.hide()
        self._plugin.use(lambda actions: actions.history.apply(item.key))

    def _apply_group(self, item: HistoryItem) -> None:
        self.hide()
        self._plugin.use(lambda actions: actions.history.apply_group(item.job))

    def _use_settings(self, item: HistoryItem) -> None:
        def take(actions: Any) -> None:
            self._plugin.choices = dataclasses.replace(self._plugin.choices, **actions.history.settings(item.key))

        self._plugin.use(take)

    def _with(self, key: str, deed: Callable[[HistoryItem], Any]) -> None:
        items = self._plugin.editor.history
        wanted = key or self.shown or (items[0].key if items else "")
        item = next((item for item in items if item.key == wanted), None)
        if item is None:
            self._plugin.editor.show_error("", tr("There is no finished picture yet."))
        else:
            deed(item)

    def _on_history(self, items: Sequence[HistoryItem]) -> None:
        shown = next((item.key for item in items if item.is_shown), "")
        if shown != self.shown:
            self.shown = shown
            self.shown_changed.emit(shown)


def _copy_seed(item: HistoryItem) -> None:
    from .qt import QApplication

    QApplication.clipboard().setText(str(item.seed))
