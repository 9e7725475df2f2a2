"""Carries calls from the client's thread to Krita's own."""

from typing import Any, Callable

from .qt import QObject, Qt, Signal


class UiThread(QObject):
    """Make it on the UI thread; ``deliver`` may be called from any."""

    _posted = Signal(object)

    def __init__(self, *, on_failure: Callable[[Exception], None]) -> None:
        super().__init__()
        self._on_failure = on_failure
        self._open = True
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def deliver(self, call: Callable[[], Any]) -> None:
        """Returns at once; ``call`` runs soon on the UI thread, in order. After ``close`` it never runs."""
        if self._open:
            self._posted.emit(call)

    def close(self) -> None:
        self._open = False

    def _run(self, call: Callable[[], Any]) -> None:
        if not self._open:
            return
        try:
            call()
        except Exception as error:  # noqa: BLE001 - an exception that leaves a slot stops Krita with a dialog
            self._on_failure(error)
