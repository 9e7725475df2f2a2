"""Wakes the supervisor's poller from outside its thread: signals, and the threads that wait for a worker's end."""

import signal
import socket
from types import FrameType

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Wakeup:
    """A pair of sockets, because on Windows nothing else can be polled beside ZeroMQ's."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self.stop_requested = False

    def fileno(self) -> int:
        """What the poller watches."""
        return self._reader.fileno()

    def notify(self) -> None:
        """From any thread."""
        try:
            self._writer.send(b"\0")
        except BlockingIOError:
            return  # full of earlier calls, so it wakes anyway

    def drain(self) -> None:
        try:
            while self._reader.recv(4096):
                pass
        except BlockingIOError:
            return

    def catch_stop_signals(self) -> None:
        """SIGTERM and SIGINT set ``stop_requested`` and wake the poller. To be called in the main thread."""
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def close(self) -> None:
        if signal.getsignal(_STOP_SIGNALS[0]) == self._on_signal:
            signal.set_wakeup_fd(-1)
        self._reader.close()
        self._writer.close()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requested = True
