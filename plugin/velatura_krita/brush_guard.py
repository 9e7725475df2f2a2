"""Keeps our hands off a document while the painter's brush is down.

Adding a layer during a stroke blocks Krita until the pen is lifted, runs a nested event loop meanwhile, and may cut the
stroke off. Krita's own answer to "is a stroke open" is ``Document.tryBarrierLock``: it covers pens, mice and tools that
keep a stroke open for minutes (transform), and costs 0.05 ms.
"""

from collections import deque
from typing import Callable, Deque, Tuple

from .qt import QTimer, mouse_buttons_down

#: How often a task that waits looks again, in milliseconds. There is no timer while nothing waits.
LOOK_AGAIN_MS = 5


class BrushGuard:
    """Runs tasks one after another, each at a moment when its document is free."""

    def __init__(self, on_failure: Callable[[Exception], None]) -> None:
        self._on_failure = on_failure
        self._waiting: Deque[Tuple[Callable[[], bool], Callable[[], None]]] = deque()
        self._running = False
        self._timer = QTimer()
        self._timer.setInterval(LOOK_AGAIN_MS)
        self._timer.timeout.connect(self._look)

    def when_free(self, is_free: Callable[[], bool], task: Callable[[], None]) -> None:
        """Run ``task`` now if ``is_free()`` and no mouse button is down, else as soon as that is so."""
        self._waiting.append((is_free, task))
        self._look()

    def before_others(self, is_ready: Callable[[], bool], task: Callable[[], None]) -> None:
        """For a running task: the rest of its work, which other tasks must not come between."""
        self._waiting.appendleft((is_ready, task))

    def close(self) -> None:
        """Drop what waits."""
        self._waiting.clear()
        self._timer.stop()

    def _look(self) -> None:
        # a task may turn the event loop, which fires the timer in the midst of it
        if self._running:
            return
        self._running = True
        try:
            while self._waiting and not mouse_buttons_down():
                # taken out first, so that one whose question fails is not asked for ever
                is_free, task = self._waiting.popleft()
                if not is_free():
                    self._waiting.appendleft((is_free, task))
                    break
                task()
        except Exception as error:  # noqa: BLE001 - an exception that leaves a slot stops Krita with a dialog
            self._on_failure(error)
        finally:
            self._running = False
        if self._waiting:
            self._timer.start()
        else:
            self._timer.stop()
