"""How long the stage that a job is in will still take, told from how fast it went so far."""

import math
from typing import Optional

from .editor import Progress
from .texts import tr

#: Seconds to watch before anything is told: the first steps are slower than those that follow.
_LEAST_WATCHED_S = 1.0
_MINUTE_S = 60


class TimeLeft:
    """One for whatever is shown; a new job or stage is noticed by itself."""

    def __init__(self) -> None:
        self._job = ""
        self._last = 0.0
        self._first_fraction = 0.0
        self._first_time = 0.0

    def note(self, progress: Progress, now: float) -> Optional[float]:
        """``now``: seconds of a steady clock. Returns seconds, None when nobody can tell yet."""
        fraction = progress.fraction
        if fraction is None:
            self._job = ""
            return None
        if progress.job != self._job or fraction < self._last:
            self._job, self._first_fraction, self._first_time = progress.job, fraction, now
        self._last = fraction
        watched_s, done = now - self._first_time, fraction - self._first_fraction
        if watched_s < _LEAST_WATCHED_S or done <= 0:
            return None
        return watched_s * (1 - fraction) / done


def time_left_text(seconds: Optional[float]) -> str:
    """A few words, "" for None and for what is over at once."""
    if seconds is None or seconds < 1:
        return ""
    if seconds < _MINUTE_S:
        return tr("{seconds} s left", seconds=math.ceil(seconds))
    return tr("{minutes} min left", minutes=math.ceil(seconds / _MINUTE_S))
