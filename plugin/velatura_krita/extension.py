"""The menu Tools > Velatura."""

from typing import Any

from krita import Extension

from .announcer import Announcer
from .dialog import PromptDialog
from .plugin import Plugin
from .qt import QMenu

#: Action id, text in the menu, task. The ids stand in velatura_krita.action with their shortcuts.
ENTRIES = (
    ("velatura_fill", "Fill Selection...", "fill"),
    ("velatura_generate", "Generate...", "generate"),
    ("velatura_refine", "Refine Layer...", "refine"),
)


class VelaturaExtension(Extension):
    """Krita calls ``createActions`` once per window."""

    def __init__(self, parent: Any, plugin: Plugin) -> None:
        super().__init__(parent)
        self._plugin = plugin
        self._announcer = Announcer(plugin.editor)

    def setup(self) -> None:
        pass

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        # the wrapper of the window does not live as long as the window
        main_window = window.qwindow()
        submenu = window.createAction("velatura_menu", "Velatura", "tools")
        # Krita finds the menu for an action by its object name
        menu = QMenu("Velatura", main_window)
        menu.setObjectName("velatura_menu")
        submenu.setMenu(menu)
        for identifier, text, task in ENTRIES:
            action = window.createAction(identifier, text, "tools/velatura_menu")
            action.triggered.connect(lambda _checked=False, text=text, task=task: self._ask(main_window, text, task))
        insert = window.createAction("velatura_insert_waiting", "Insert Waiting Result", "tools/velatura_menu")
        insert.triggered.connect(lambda _checked=False: self._plugin.insert_waiting())
        cancel = window.createAction("velatura_cancel", "Cancel", "tools/velatura_menu")
        cancel.triggered.connect(lambda _checked=False: self._plugin.cancel())

    def _ask(self, main_window: Any, text: str, task: str) -> None:
        obstacle = self._plugin.obstacle(task)
        if obstacle:
            self._plugin.editor.show_error("", obstacle)
            return
        dialog = PromptDialog(
            main_window, text.rstrip("."), self._plugin.prompt, lambda prompt: self._plugin.begin(task, prompt)
        )
        dialog.open()
