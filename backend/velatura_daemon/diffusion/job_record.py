"""What one job did: stages with their times, counters, notes. Ends up in the job's report."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from velatura_daemon.engine_contract import Observer


class JobRecord:
    """Tells the observer about the stages, and writes down what the report will say."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.timings: dict[str, float] = {}
        self.counters: Counter[str] = Counter()
        self.notes: list[str] = []

    @contextmanager
    def stage(self, name: str, *, announced: bool = True) -> Iterator[None]:
        """Times a stage, in seconds; a stage that is entered again adds to its time.

        ``announced``: tell the observer; not when it would look like a step back.

        Raises:
            CancelledError: when the job was cancelled before it.
        """
        self.observer.check_cancelled()
        if announced:
            self.observer.stage(name)
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - begin

    def count(self, what: str, made: bool, *, verb: str = "encoded") -> None:
        """Count ``what_encoded`` (or another verb) when it was made, ``what_cached`` when it was found."""
        self.counters[f"{what}_{verb if made else 'cached'}"] += 1

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)
