"""How long a call may go on, for machines that are lent by the hour."""

import time
from collections.abc import Callable
from typing import ParamSpec

Told = ParamSpec("Told")


class OutOfTimeError(Exception):
    """The time of this call is over; what was done so far is kept."""


class TimeBudget:
    """Runs from the moment it is made."""

    def __init__(self, minutes: float | None = None) -> None:
        """None: without an end."""
        self._end = None if minutes is None else time.monotonic() + minutes * 60

    @property
    def is_spent(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def within(self, report: Callable[Told, None]) -> Callable[Told, None]:
        """``report``, which raises ``OutOfTimeError`` after it has reported, once the time is over."""

        def report_in_time(*told: Told.args, **named: Told.kwargs) -> None:
            report(*told, **named)
            if self.is_spent:
                raise OutOfTimeError

        return report_in_time
