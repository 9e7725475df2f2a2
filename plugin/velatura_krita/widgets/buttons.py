"""Buttons that the lists of the docker share."""

from typing import Any, Callable, Iterable, Tuple

from ..qt import QMenu, QSize, QToolButton
from .eliding import ElidingButton, tip
from .icons import keep_icon, krita_icon

#: Pixels.
_ICON = 16


def remove_button(parent: Any, *, name: str, help: str, on_click: Callable[[], None]) -> Any:
    """A small flat one that takes a row away; ``help`` says what stays."""
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setAutoRaise(True)
    keep_icon(button, lambda: krita_icon("deletelayer"))
    button.setIconSize(QSize(_ICON, _ICON))
    button.setToolTip(help)
    button.clicked.connect(lambda: on_click())
    return button


def menu_button(parent: Any, *, name: str, text: str, help: str, on_choice: Callable[[str], None]) -> Any:
    """One that opens a menu, see ``fill_menu``; disabled while that is empty."""
    button = ElidingButton(parent)
    button.setObjectName(name)
    button.setText(text)
    button.setToolTip(tip(text, help))
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    menu.triggered.connect(lambda action: on_choice(action.data()))
    button.setMenu(menu)
    button.setEnabled(False)
    return button


def fill_menu(button: Any, choices: Iterable[Tuple[str, str, str]]) -> None:
    """``choices``: (what ``on_choice`` gets, label, tool tip)."""
    menu = button.menu()
    menu.clear()
    for value, label, help_text in choices:
        action = menu.addAction(label)
        action.setData(value)
        action.setToolTip(help_text)
    button.setEnabled(not menu.isEmpty())
