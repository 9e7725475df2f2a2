"""What is left of the plug-in when it cannot work: a menu entry, a message or a text in the docker that say why."""

import sys
from typing import Any

from krita import Extension, Krita

from .qt import QLabel, QMessageBox, Qt, QTimer

try:
    from velatura_client.texts import tr
except Exception:  # noqa: BLE001 - this may be what does not work

    def tr(text: str, **_values: Any) -> str:
        return text


def _sentence() -> str:
    return tr(
        "Velatura cannot work in this Krita. Run `python3 install krita` in Velatura's folder again and restart "
        "Krita. If that does not help, please report the details below."
    )


def failed_label(details: str) -> Any:
    """The same as a text that can be selected, for the place of the panel. ``details``: the traceback."""
    print(details, file=sys.stderr)
    label = QLabel(f"{_sentence()}\n\n{details}")
    label.setObjectName("velatura_failure_text")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    return label


class FailedExtension(Extension):
    """Says once per start that something is wrong, and again on demand."""

    def __init__(self, parent: Any, details: str) -> None:
        super().__init__(parent)
        self._details = details
        self._told = False

    def setup(self) -> None:
        pass

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        main_window = window.qwindow()
        action = window.createAction("velatura_failure", tr("Velatura: What Is Wrong?"), "tools/scripts")
        action.triggered.connect(lambda: self._tell(main_window))
        if not self._told:
            self._told = True
            # not before the window is there
            QTimer.singleShot(0, lambda: self._tell(main_window))

    def _tell(self, main_window: Any) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, "Velatura", _sentence(), QMessageBox.StandardButton.Ok, main_window)
        box.setObjectName("velatura_failure_message")
        box.button(QMessageBox.StandardButton.Ok).setText(tr("OK"))
        box.setDetailedText(self._details)
        box.open()


def register_failure(details: str) -> None:
    """``details``: the traceback. Also written where a terminal shows it."""
    print(details, file=sys.stderr)
    application = Krita.instance()
    application.addExtension(FailedExtension(application, details))
