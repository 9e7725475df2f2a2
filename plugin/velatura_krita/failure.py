"""What is left of the plug-in when it cannot work: a menu entry and a message that say why."""

from typing import Any

from krita import Extension, Krita

from .qt import QMessageBox, QTimer

try:
    from velatura_client.texts import tr
except Exception:  # noqa: BLE001 - this may be what does not work

    def tr(text: str, **_values: Any) -> str:
        return text


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
        sentence = tr(
            "Velatura cannot work in this Krita. Run `python3 install krita` in Velatura's folder again and restart "
            "Krita. If that does not help, please report the details below."
        )
        box = QMessageBox(QMessageBox.Icon.Warning, "Velatura", sentence, QMessageBox.StandardButton.Ok, main_window)
        box.setObjectName("velatura_failure_message")
        box.setDetailedText(self._details)
        box.open()


def register_failure(details: str) -> None:
    """``details``: the traceback."""
    application = Krita.instance()
    application.addExtension(FailedExtension(application, details))
