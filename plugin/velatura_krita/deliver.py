"""Carries calls from the client's thread to Krita's own."""

from collections import deque
from typing import Any, Callable, Deque

from .qt import QObject, Qt, QTimer, Signal

#: How often held calls are looked at again, in milliseconds.
LOOK_AGAIN_MS = 100


class UiThread(QObject):
    """Make it on the UI thread; ``deliver`` may be called from any."""

    _posted = Signal(object)

    def __init__(self, *, may_run: Callable[[], bool], on_failure: Callable[[Exception], None]) -> None:
        """``may_run``: asked before each call; while it is false, calls are held, in order."""
        super().__init__()
        self._may_run = may_run
        self._on_failure = on_failure
        self._open = True
        self._calls: Deque[Callable[[], Any]] = deque()
        self._posted.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer()
        self._timer.setInterval(LOOK_AGAIN_MS)
        self._timer.timeout.connect(self._run)

    def deliver(self, call: Callable[[], Any]) -> None:
        """Returns at once; ``call`` runs soon on the UI thread, in order. After ``close`` it never runs."""
        if self._open:
            self._posted.emit(call)

    def close(self) -> None:
        self._open = False
        self._calls.clear()
        self._timer.stop()

    def _take(self, call: Callable[[], Any]) -> None:
        if self._open:
            self._calls.append(call)
            self._run()

    def _run(self) -> None:
        while self._calls and self._may_run():
            try:
                self._calls.popleft()()
            except Exception as error:  # noqa: BLE001 - an exception that leaves a slot stops Krita with a dialog
                self._on_failure(error)
        if self._calls:
            self._timer.start()
        else:
            self._timer.stop()
