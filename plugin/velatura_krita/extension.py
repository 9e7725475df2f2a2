"""The menu Tools > Velatura."""

import traceback
from typing import Any, List, Optional

from krita import Extension

from .announcer import Announcer
from .failure import FailedExtension
from .intents import label_of
from .menu import PLACE, Entry, arrange, entries
from .plugin import Plugin
from .qt import QMenu


class VelaturaExtension(Extension):
    """Krita calls ``createActions`` once per window."""

    def __init__(self, parent: Any, plugin: Plugin) -> None:
        super().__init__(parent)
        self._plugin = plugin
        self._announcer = Announcer(plugin.editor)
        self._menus: List[Any] = []
        self._failed: Optional[FailedExtension] = None

    def setup(self) -> None:
        pass

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        try:
            self._create_menu(window)
        except Exception:  # noqa: BLE001 - Krita would go on without the menu, and without a word
            self._failed = self._failed or FailedExtension(self.parent(), traceback.format_exc())
            self._failed.createActions(window)

    def _create_menu(self, window: Any) -> None:
        # the wrapper of the window does not live as long as the window
        main_window = window.qwindow()
        submenu = window.createAction("velatura_menu", "Velatura", "tools")
        # Krita finds the menu for an action by its object name
        menu = QMenu("Velatura", main_window)
        menu.setObjectName("velatura_menu")
        submenu.setMenu(menu)
        made: List[Any] = []
        # menu, actions and the slot below hold each other; held by nothing else, they would be cleared as garbage
        self._menus.append((menu, made))
        for entry in entries(self._plugin, self._ask):
            action = window.createAction(entry.identifier, entry.text, PLACE)
            action.setStatusTip(entry.help)
            action.triggered.connect(lambda _checked=False, entry=entry: self._do(entry, main_window))
            made.append((entry, action))
        menu.aboutToShow.connect(lambda: arrange(menu, made))

    def _do(self, entry: Entry, main_window: Any) -> None:
        self._plugin.attempt(lambda: entry.deed(main_window))

    def _ask(self, main_window: Any, intent: str) -> None:
        from .dialog import PromptDialog

        obstacle = self._plugin.obstacle(intent)
        if obstacle:
            self._plugin.editor.show_error("", obstacle)
            return
        dialog = PromptDialog(
            main_window, label_of(intent), self._plugin.prompt, lambda prompt: self._plugin.begin(intent, prompt)
        )
        dialog.open()
