"""What a person does with finished pictures, from the docker or from the menu."""

from typing import TYPE_CHECKING, Any, Callable, Dict, Sequence

from velatura_client.editor import HistoryItem
from velatura_client.texts import tr

from .qt import QObject, Signal

if TYPE_CHECKING:
    from .plugin import Plugin


class Results(QObject):
    """Signal: ``shown_changed(key)``.

    Attributes:
        shown: key of the picture that lies over the canvas, "" = none.
    """

    shown_changed = Signal(str)

    def __init__(self, plugin: "Plugin") -> None:
        super().__init__()
        self._plugin = plugin
        self.shown = ""
        self._newest = ""
        plugin.editor.history_changed.connect(self._on_history)

    def show(self, key: str) -> None:
        """Lay a picture over the canvas; the one that lies there already is taken away."""
        if key == self.shown:
            self.hide()
        elif self._plugin.use(lambda actions: actions.history.show(key)):
            self._note(key)

    def hide(self) -> None:
        if self.shown:
            self._plugin.use(lambda actions: actions.history.hide())
            self._note("")

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

    def delete(self, key: str = "") -> None:
        """Take a picture out of the history. "": the one that is shown, and none when none is."""
        if key or self.shown:
            self._with(key, self._delete)
        else:
            self._plugin.editor.show_error("", tr("No picture is shown. Show the one to discard, then do this again."))

    def do(self, what: str, key: str, window: Any) -> None:
        """``what``: a word of the history's menu. ``window``: whose dialog is shown."""
        deeds: Dict[str, Callable[[], None]] = {
            "apply": lambda: self.apply(key),
            "apply_group": lambda: self.apply_group(key),
            "again": lambda: self.again(key),
            "delete": lambda: self.delete(key),
            "prompt": lambda: self._with(key, lambda item: self._plugin.state.choose("prompt", item.prompt)),
            "seed": lambda: self._with(key, lambda item: self._plugin.state.choose("seed", item.seed)),
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

    def _delete(self, item: HistoryItem) -> None:
        if item.key == self.shown:
            self.hide()
        self._plugin.use(lambda actions: actions.history.delete(item.key))

    def _with(self, key: str, deed: Callable[[HistoryItem], Any]) -> None:
        items = self._plugin.editor.history
        wanted = key or self.shown or (items[0].key if items else "")
        item = next((item for item in items if item.key == wanted), None)
        if item is None:
            self._plugin.editor.show_error("", tr("There is no finished picture yet."))
        else:
            deed(item)

    def _on_history(self, items: Sequence[HistoryItem]) -> None:
        """A picture that is gone is shown no more; a new one that was not put in at once lies over the canvas now."""
        keys = [item.key for item in items]
        if self.shown and self.shown not in keys:
            self._note("")
        newest = items[0] if items else None
        if newest is not None and newest.key != self._newest and not newest.is_applied:
            self._note(newest.key)
        self._newest = newest.key if newest is not None else ""

    def _note(self, key: str) -> None:
        if key != self.shown:
            self.shown = key
            self.shown_changed.emit(key)


def _copy_seed(item: HistoryItem) -> None:
    from .qt import QApplication

    QApplication.clipboard().setText(str(item.seed))
