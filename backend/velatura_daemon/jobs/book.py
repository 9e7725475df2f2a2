"""The book of jobs: their life from submission to being forgotten, kept the same in memory, journal and spool."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from velatura_daemon.spool import Spool
from velatura_daemon.worker_protocol import Frame, pack
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import CANCELLED, FAILED, QUEUED, RUNNING, STARTING, SUCCEEDED, JobState
from velatura_protocol.request import GenerationRequest

from .fair_queue import FairQueue
from .job import Job, Outcome
from .journal import Journal

_Written = TypeVar("_Written")

#: How often a job is begun; the second worker that dies of it is the last.
MAX_ATTEMPTS = 2
#: A job whose result has expired is still known for this many times ``keep_results_s``, so that fetch can say why.
EXPIRED_KNOWN_FOR = 2
LABEL_LENGTH = 60
WORKER_DIED = ErrorInfo(
    "worker_died",
    "The process that makes the pictures ended twice while it worked on this job. Try a smaller size; if that does not "
    "help, `velatura doctor` looks for the cause.",
)


class JobBook:
    """All jobs that were not forgotten. A job enters exactly one terminal state, once, here.

    What a client is told of is in the journal before: that a job was accepted, and how it ended. The rest (that it
    runs, that files are superfluous) is done by ``settle`` after the answers went out.

    Attributes:
        waits_for_workers: tells whether no worker is up yet; set by whoever owns the workers.
    """

    def __init__(
        self,
        state_folder: Path,
        *,
        queue_limit: int,
        spool_bytes: int,
        keep_results_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.queue = FairQueue()
        self.waits_for_workers: Callable[[], bool] = lambda: False
        self.spool = Spool.make_in(state_folder)
        self._journal = Journal(state_folder / "journal.sqlite")
        self._queue_limit = queue_limit
        self._spool_limit = spool_bytes
        self._keep_results_s = keep_results_s
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._unsaved: set[str] = set()
        self._forgotten: set[str] = set()
        self._superfluous: list[str] = []
        self._spooled = 0
        self._next_number = 1
        self._restore()

    @property
    def journal_set_aside(self) -> Path | None:
        """Where an unreadable journal was put at the start, None if it was fine."""
        return self._journal.set_aside

    @property
    def spooled_bytes(self) -> int:
        return self._spooled

    def _restore(self) -> None:
        for job in self._journal.take_loaded():
            self._jobs[job.id] = job
            self._spooled += job.spooled_bytes
            self._next_number = job.number + 1
        self.spool.sweep(self._jobs.keys())
        for job in self._jobs.values():
            if job.state == QUEUED:
                self.queue.append(job.client, job.id)
        running = [job for job in self._jobs.values() if job.state == RUNNING]
        for job in reversed(running):
            self.worker_lost(job)

    # --- looking ------------------------------------------------------------------------------------------------

    def find(self, job_id: str, client: str) -> Job:
        """The client's own job.

        Raises:
            VelaturaError: ``job_unknown``, also for a job of somebody else.
        """
        job = self._jobs.get(job_id)
        if job is None or job.client != client or job.forgotten:
            raise VelaturaError(
                "job_unknown", "The daemon has no such job of yours. It may have been forgotten; send it again."
            )
        return job

    def knows(self, job_id: str) -> bool:
        """True for a job of any client that was not forgotten."""
        job = self._jobs.get(job_id)
        return job is not None and not job.forgotten

    def get(self, job_id: str) -> Job | None:
        """The job, whoever owns it."""
        return self._jobs.get(job_id)

    def waiting(self) -> list[Job]:
        """Waiting jobs, the next one first."""
        return [self._jobs[job_id] for job_id in self.queue.in_order()]

    def owned_by(self, client: str) -> list[Job]:
        """Oldest first."""
        return [job for job in self._jobs.values() if job.client == client and not job.forgotten]

    def count(self, state: str) -> int:
        return sum(job.state == state for job in self._jobs.values())

    def describe(self, job: Job) -> JobState:
        """The state as it is told to clients."""
        position, stage = 0, job.stage
        if job.state == QUEUED:
            position = self.count(RUNNING) + list(self.queue.in_order()).index(job.id)
            stage = STARTING if self.waits_for_workers() else ""
        return JobState(job.id, job.state, stage, job.step, job.of, position, job.error, job.label)

    def result(self, job: Job) -> tuple[Outcome, list[memoryview]]:
        """What a job has made, and the mapped pixels of its patches.

        Raises:
            VelaturaError: ``job_not_finished``, ``result_expired``, or the error that the job failed with.
        """
        if job.error is not None:
            raise VelaturaError.from_info(job.error)
        if job.expired:
            raise _expired()
        if job.outcome is None:
            raise VelaturaError(
                "job_not_finished", f"This job has no result: it is {job.state}.", retry=not job.is_ended
            )
        try:
            return job.outcome, self.spool.results(job.id, [patch.image.byte_count for patch in job.outcome.patches])
        except OSError as error:
            raise _expired() from error

    # --- living -------------------------------------------------------------------------------------------------

    def accept(self, job_id: str, client: str, request: GenerationRequest, blobs: Sequence[Frame]) -> tuple[Job, bool]:
        """Take in a job, or find the one that was sent before: the flag says whether it is new.

        Raises:
            VelaturaError: ``job_conflict``, ``queue_full``, ``disk_full``; then nothing was changed.
        """
        packed = pack(request)
        if job_id in self._forgotten:
            self.settle()  # or what is left of its namesake would be deleted together with it
        known = self._jobs.get(job_id)
        if known is not None:
            if known.client != client or known.packed_request != packed or known.forgotten:
                raise VelaturaError(
                    "job_conflict", "Another job with this id was submitted before. Use a new id for a new job."
                )
            return known, False
        sizes = tuple(len(blob) for blob in blobs)
        self._make_room(client, sum(sizes))
        job = Job(
            id=job_id,
            client=client,
            number=self._next_number,
            packed_request=packed,
            label=_label_of(request.prompt),
            input_bytes=sizes,
            submitted_at=self._clock(),
            spooled_bytes=sum(sizes),
        )
        job.request = request
        self.spool.write_inputs(job_id, blobs)
        try:
            self._journal.insert(job)
        except sqlite3.OperationalError as error:
            self.spool.remove(self._inputs_of(job))
            raise self.spool.disk_full(error) from error
        self._jobs[job_id] = job
        self._next_number += 1
        self._spooled += job.spooled_bytes
        self.queue.append(client, job_id)
        return job, True

    def _make_room(self, client: str, needed: int) -> None:
        if self.queue.length_of(client) >= self._queue_limit:
            raise VelaturaError(
                "queue_full",
                f"{self._queue_limit} of your jobs are waiting. Wait for some of them or cancel them.",
                retry=True,
            )
        self._evict_down_to(self._spool_limit - needed)
        if self._spooled + needed > self._spool_limit:
            raise VelaturaError(
                "queue_full",
                f"The pictures of waiting jobs fill the daemon's spool of {self._spool_limit >> 20} MiB. Wait for "
                "some of them or cancel them.",
                retry=True,
            )

    def take_next(self) -> Job | None:
        """The next job in turn, now running; None when nothing waits."""
        job_id = self.queue.take()
        if job_id is None:
            return None
        job = self._jobs[job_id]
        job.state, job.attempts = RUNNING, job.attempts + 1
        self._unsaved.add(job.id)
        return job

    def request_cancel(self, job: Job) -> None:
        """End a waiting job; mark a running one, whose worker has to be told. An ended one stays as it is."""
        if job.state == QUEUED:
            self.queue.remove(job.client, job.id)
            self.end(job, CANCELLED)
        elif job.state == RUNNING and not job.cancel_requested:
            job.cancel_requested = True
            self._save(job)

    def end(
        self,
        job: Job,
        state: str,
        *,
        error: ErrorInfo | None = None,
        outcome: Outcome | None = None,
        made_bytes: int = 0,
    ) -> None:
        """Enter a terminal state; cancelled if that was asked for, whatever the run came to.

        Args:
            made_bytes: length of the result files together.
        """
        if job.is_ended:
            raise ValueError(f"job {job.id} has ended before, as {job.state}")
        job.state = CANCELLED if job.cancel_requested else state
        job.error = error if job.state == FAILED else None
        job.outcome = outcome if job.state == SUCCEEDED else None
        job.stage, job.step, job.of = "", 0, 0
        job.finished_at = self._clock()
        self._spooled -= job.spooled_bytes
        job.spooled_bytes = made_bytes if job.outcome is not None else 0
        self._spooled += job.spooled_bytes
        self._superfluous += self._inputs_of(job) if job.outcome is not None else self.spool.names_of(job.id)
        if job.forgotten:
            self._remove(job)
        else:
            self._save(job)
            self._evict_down_to(self._spool_limit, spare=job)

    def worker_lost(self, job: Job) -> None:
        """The worker of a running job is gone: the job waits again, or has failed if that was its last attempt."""
        if job.cancel_requested:
            self.end(job, CANCELLED)
        elif job.attempts >= MAX_ATTEMPTS:
            self.end(job, FAILED, error=WORKER_DIED)
        else:
            self.put_back(job)

    def put_back(self, job: Job, *, uncounted: bool = False) -> None:
        """A running job waits again, in front. ``uncounted``: its run was stopped for no fault of the job."""
        job.state, job.stage, job.step, job.of = QUEUED, "", 0, 0
        job.attempts -= int(uncounted)
        self.queue.put_back(job.client, job.id)
        self._save(job)

    def forget(self, job: Job) -> None:
        """Delete an ended or waiting job; a running one is hidden until its worker lets go of it."""
        if job.state == RUNNING:
            self.request_cancel(job)
            job.forgotten = True
            return
        if job.state == QUEUED:
            self.queue.remove(job.client, job.id)
        self._remove(job)

    # --- keeping the bounds -------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Expire old results and drop jobs that expired long ago."""
        now = self._clock()
        for job in [job for job in self._jobs.values() if job.is_ended]:
            age = now - job.finished_at
            if age > EXPIRED_KNOWN_FOR * self._keep_results_s:
                self._remove(job)
            elif age > self._keep_results_s and job.outcome is not None and not job.expired:
                self._expire(job)

    def settle(self) -> None:
        """Do what could wait until the answers were sent. What a full disk does not allow is tried again next time."""
        self.spool.remove(self._superfluous)
        self._superfluous.clear()
        for job_id in tuple(self._forgotten):
            if not self._try_to(self._journal.delete, job_id):
                break
            self._forgotten.remove(job_id)
        for job_id in tuple(self._unsaved):
            self._save(self._jobs[job_id])

    def close(self) -> None:
        self.settle()
        self._journal.close()

    def _evict_down_to(self, allowed: int, spare: Job | None = None) -> None:
        """Expire results, oldest first, until the spool holds at most ``allowed`` bytes or none is left to expire."""
        if self._spooled <= allowed:
            return
        finished = [
            job for job in self._jobs.values() if job.outcome is not None and not job.expired and job is not spare
        ]
        for job in sorted(finished, key=lambda job: job.finished_at):
            self._expire(job)
            if self._spooled <= allowed:
                return

    def _expire(self, job: Job) -> None:
        self._superfluous += self._results_of(job)
        self._spooled -= job.spooled_bytes
        job.spooled_bytes, job.expired = 0, True
        self._save(job)

    def _remove(self, job: Job) -> None:
        self._superfluous += self._results_of(job) + (self._inputs_of(job) if not job.is_ended else [])
        self._spooled -= job.spooled_bytes
        self._jobs.pop(job.id)
        self._unsaved.discard(job.id)
        self._forgotten.add(job.id)

    def _inputs_of(self, job: Job) -> list[str]:
        return self.spool.input_names(job.id, len(job.input_bytes))

    def _results_of(self, job: Job) -> list[str]:
        return self.spool.result_names(job.id, len(job.outcome.patches)) if job.outcome is not None else []

    def _save(self, job: Job) -> None:
        if self._try_to(self._journal.update, job):
            self._unsaved.discard(job.id)
        else:
            self._unsaved.add(job.id)

    def _try_to(self, write: Callable[[_Written], None], what: _Written) -> bool:
        """False when the disk is full: memory is right, and the journal will be."""
        try:
            write(what)
        except sqlite3.OperationalError:
            return False
        return True


def _label_of(prompt: str) -> str:
    """The prompt's beginning; three dots say that it goes on."""
    return prompt if len(prompt) <= LABEL_LENGTH else prompt[: LABEL_LENGTH - 1].rstrip() + "…"


def _expired() -> VelaturaError:
    return VelaturaError(
        "result_expired", "The result was not fetched in time and was deleted to make room. Run the job again."
    )
