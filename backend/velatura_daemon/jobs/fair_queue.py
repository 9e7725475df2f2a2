"""The queue of waiting jobs: clients take turns, each client's own jobs keep their order."""

from collections import OrderedDict, deque
from collections.abc import Iterator


class FairQueue:
    """Round robin over clients. Holds ids only."""

    def __init__(self) -> None:
        self._jobs_of_client: OrderedDict[str, deque[str]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(jobs) for jobs in self._jobs_of_client.values())

    def length_of(self, client: str) -> int:
        """How many jobs of this client wait."""
        return len(self._jobs_of_client.get(client, ()))

    def append(self, client: str, job: str) -> None:
        self._jobs_of_client.setdefault(client, deque()).append(job)

    def put_back(self, client: str, job: str) -> None:
        """Queue a job that had been taken: it is the next one, whoever's turn it is."""
        self._jobs_of_client.setdefault(client, deque()).appendleft(job)
        self._jobs_of_client.move_to_end(client, last=False)

    def take(self) -> str | None:
        """Remove and return the next job; None when nothing waits."""
        for client, jobs in self._jobs_of_client.items():
            job = jobs.popleft()
            self._jobs_of_client.move_to_end(client)
            if not jobs:
                del self._jobs_of_client[client]
            return job
        return None

    def remove(self, client: str, job: str) -> None:
        """Take a job out of the middle.

        Raises:
            KeyError, ValueError: it does not wait.
        """
        jobs = self._jobs_of_client[client]
        jobs.remove(job)
        if not jobs:
            del self._jobs_of_client[client]

    def in_order(self) -> Iterator[str]:
        """The waiting jobs in the order in which ``take`` would return them if nothing were added."""
        queues = [list(jobs) for jobs in self._jobs_of_client.values()]
        for turn in range(max((len(jobs) for jobs in queues), default=0)):
            yield from (jobs[turn] for jobs in queues if turn < len(jobs))
