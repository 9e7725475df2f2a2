"""Carries calls from the client's thread to Krita's own."""

from collections import deque
from typing import Any, Callable, Deque

from .qt import QObject, Qt, Signal


class UiThread(QObject):
    """Make it on the UI thread; ``deliver`` may be called from any."""

    _posted = Signal(object)

    def __init__(self, *, on_failure: Callable[[Exception], None]) -> None:
        super().__init__()
        self._on_failure = on_failure
        self._open = True
        self._pending: Deque[Callable[[], Any]] = deque()
        self._is_running = False
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def deliver(self, call: Callable[[], Any]) -> None:
        """Returns at once; ``call`` runs soon on the UI thread, in order. After ``close`` it never runs."""
        if self._open:
            self._posted.emit(call)

    def close(self) -> None:
        self._open = False

    def _run(self, call: Callable[[], Any]) -> None:
        self._pending.append(call)
        if self._is_running:
            return  # reading a document may turn the event loop: the call within which that happens is ended first
        self._is_running = True
        try:
            while self._pending and self._open:
                self._attempt(self._pending.popleft())
        finally:
            self._is_running = False

    def _attempt(self, call: Callable[[], Any]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - an exception that leaves a slot stops Krita with a dialog
            self._on_failure(error)
