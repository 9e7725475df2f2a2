"""How long Krita's event loop was held up at most."""

import time

from .qt import Qt, QTimer

INTERVAL_MS = 2


class GapMeter:
    """Measures from its making to ``stop()``, which gives the longest time between two turns of the loop, in ms."""

    def __init__(self):
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._note)
        self._timer.start(INTERVAL_MS)

    def stop(self):
        self._timer.stop()
        return round(1000 * self._longest, 1)

    def _note(self):
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now
