"""Brings waiting jobs and workers together, and sees to it that every job that was begun also ends."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from velatura_daemon.logs import Log, new_log_id
from velatura_daemon.worker_protocol import (
    CancelJob,
    Frame,
    JobCancelled,
    JobFailed,
    JobSucceeded,
    PreviewMade,
    Progressed,
    Ready,
    RunJob,
    SetPreviews,
    StartFailed,
    decode,
)
from velatura_protocol.errors import ErrorInfo, ProtocolError
from velatura_protocol.images import ImageRef
from velatura_protocol.messages import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED

from .book import JobBook
from .job import Job, Outcome
from .worker_process import BUSY, IDLE, MAX_FAILED_STARTS, RESTART_DELAYS_S, STARTING, STOPPED, WorkerProcess

#: Seconds until a worker that is starting, importing and loading, is taken for hung.
START_WITHIN_S = 600.0


class JobListener(Protocol):
    """Hears what happens to jobs, to tell the clients."""

    def job_changed(self, job: Job) -> None: ...

    def queue_moved(self) -> None:
        """Waiting jobs have other positions than before."""
        ...

    def preview_made(self, job: Job, step: int, of: int, image: ImageRef, pixels: Frame) -> None: ...

    def wanted_previews(self, job: Job) -> int:
        """How many preview pictures the watchers of this job still take."""
        ...


class Dispatcher:
    """Owns the workers. Runs in the supervisor's thread; nothing here waits, except ``stop``."""

    def __init__(
        self,
        book: JobBook,
        workers: Sequence[WorkerProcess],
        *,
        cancel_grace_s: float,
        hang_after_s: float,
        log: Log,
        clock: Callable[[], float],
    ) -> None:
        self.workers = tuple(workers)
        self.listener: JobListener | None = None
        self._book = book
        self._cancel_grace_s = cancel_grace_s
        self._hang_after_s = hang_after_s
        self._log = log
        self._clock = clock
        book.waits_for_workers = lambda: self.summary in (STARTING, STOPPED)

    @property
    def summary(self) -> str:
        """One word for all workers together."""
        states = {worker.state for worker in self.workers}
        return next((state for state in (BUSY, IDLE, STARTING) if state in states), STOPPED)

    def start(self) -> None:
        for worker in self.workers:
            self._start(worker)

    def stop(self) -> None:
        """End all workers; what they were working on waits for the next start of the daemon."""
        for worker in self.workers:
            job = worker.job
            worker.stop()
            if job is not None and not job.is_ended:
                if job.cancel_requested:
                    self._book.end(job, CANCELLED)
                else:
                    self._book.put_back(job, uncounted=True)

    # --- jobs ---------------------------------------------------------------------------------------------------

    def assign(self, submitted: Job | None = None) -> None:
        """Give waiting jobs to idle workers. Of ``submitted`` no news is sent: the answer to submit says it all."""
        moved = False
        for worker in self.workers:
            if worker.state != IDLE:
                continue
            job = self._book.take_next()
            if job is None:
                break
            self._give(job, worker)
            if job is not submitted:
                self._tell(job)
            moved = True
        if moved and len(self._book.queue) and self.listener is not None:
            self.listener.queue_moved()

    def wake_stopped(self) -> None:
        """A job was submitted: workers that had given up try once more."""
        if all(worker.state == STOPPED and worker.start_at is None for worker in self.workers):
            for worker in self.workers:
                worker.failed_starts = MAX_FAILED_STARTS - 1
                self._start(worker)

    def cancel(self, job: Job) -> None:
        """A waiting job ends now, a running one within one step or after the grace time. Twice changes nothing."""
        if job.state == QUEUED:
            self._book.request_cancel(job)
            self._tell(job)
            if self.listener is not None:
                self.listener.queue_moved()
            return
        worker = self._worker_of(job)
        if worker is not None and not job.cancel_requested:
            self._book.request_cancel(job)
            worker.kill_at = self._clock() + self._cancel_grace_s
            worker.send(CancelJob(job.id))

    def forget(self, job: Job) -> None:
        if job.state == RUNNING:
            self.cancel(job)
        self._book.forget(job)

    def set_previews(self, job: Job, count: int) -> None:
        """Tell the worker how many preview pictures of a running job are wanted from now on."""
        worker = self._worker_of(job)
        if worker is not None:
            worker.send(SetPreviews(job.id, count))

    def _give(self, job: Job, worker: WorkerProcess) -> None:
        worker.state, worker.job, worker.last_sign_at, worker.kill_at = BUSY, job, self._clock(), None
        order = RunJob(
            job=job.id,
            spool=str(self._book.spool.folder),
            inputs=len(job.input_bytes),
            previews=0 if self.listener is None else self.listener.wanted_previews(job),
        )
        worker.send(order, (job.packed_request,))

    def _worker_of(self, job: Job) -> WorkerProcess | None:
        return next((worker for worker in self.workers if worker.job is job), None)

    def _tell(self, job: Job) -> None:
        if self.listener is not None:
            self.listener.job_changed(job)

    # --- what workers say ---------------------------------------------------------------------------------------

    def receive(self, routing_id: str, frames: Sequence[Frame]) -> None:
        """Take a worker's message. Those of a process that was put away are late and mean nothing."""
        worker = next((worker for worker in self.workers if worker.routing_id == routing_id), None)
        if worker is None or worker.state == STOPPED:
            return
        try:
            message, blobs = decode(frames)
        except ProtocolError:
            self._log.exception("a worker sent nonsense and is killed", worker=worker.name)
            worker.kill()
            return
        worker.last_sign_at = self._clock()
        self._book.settle()  # that a job was begun is in the journal before anybody hears how far it is
        if isinstance(message, Ready):
            worker.description, worker.state = message.description, IDLE
            worker.failed_starts, worker.problem = 0, None
            self._log.info("worker ready", worker=worker.name, pid=worker.pid, **worker.description)
            self.assign()
        elif isinstance(message, StartFailed):
            worker.problem = message.error
        elif worker.job is not None and worker.job.id == message.job:
            self._receive_about(worker, worker.job, message, blobs)

    def _receive_about(self, worker: WorkerProcess, job: Job, message: object, blobs: Sequence[Frame]) -> None:
        if isinstance(message, Progressed):
            job.stage, job.step, job.of = message.stage, message.step, message.of
            self._tell(job)
        elif isinstance(message, PreviewMade):
            if self.listener is not None and blobs:
                self.listener.preview_made(job, message.step, message.of, message.image, blobs[0])
        elif isinstance(message, JobSucceeded):
            made_bytes = sum(patch.image.byte_count for patch in message.patches)
            self._book.end(job, SUCCEEDED, outcome=Outcome(message.patches, message.report), made_bytes=made_bytes)
            self._let_go(worker, job)
        elif isinstance(message, JobFailed):
            self._book.end(job, FAILED, error=message.error)
            self._let_go(worker, job)
        elif isinstance(message, JobCancelled):
            self._book.end(job, CANCELLED)
            self._let_go(worker, job)

    def _let_go(self, worker: WorkerProcess, job: Job) -> None:
        worker.state, worker.job, worker.kill_at, worker.deaths = IDLE, None, None, 0
        self._ended(job)
        self.assign()

    def _ended(self, job: Job) -> None:
        self._tell(job)
        code = "" if job.error is None else job.error.code
        log_id = "" if job.error is None else job.error.log
        self._log.info("job ended", job=job.id, state=job.state, error=code, log=log_id, attempts=job.attempts)

    # --- death and time -----------------------------------------------------------------------------------------

    def reap(self) -> None:
        """Deal with the processes that have ended: their jobs go on or end, and successors are planned."""
        for worker in self.workers:
            if worker.has_exited:
                self._reap(worker)

    def next_deadline(self) -> float | None:
        """Monotonic seconds at which ``tick`` has something to do, None when nothing is planned."""
        return min((deadline for worker in self.workers for deadline in self._deadlines(worker)), default=None)

    def tick(self, now: float) -> None:
        """Do what is due: kill what overstays its grace time or hangs, start what has waited long enough."""
        for worker in self.workers:
            if worker.start_at is not None and now >= worker.start_at:
                self._start(worker)
            elif worker.kill_at is not None and now >= worker.kill_at:
                self._log.info(
                    "cancelled job did not end, worker is killed", worker=worker.name, **_job_field(worker.job)
                )
                worker.kill_at = None
                worker.kill()
            elif now >= self._hangs_at(worker):
                self._log.warning("worker hangs and is killed", worker=worker.name, **_job_field(worker.job))
                worker.hung = True
                worker.kill()

    def _deadlines(self, worker: WorkerProcess) -> list[float]:
        deadlines = (worker.start_at, worker.kill_at, self._hangs_at(worker))
        return [deadline for deadline in deadlines if deadline is not None and deadline != math.inf]

    def _hangs_at(self, worker: WorkerProcess) -> float:
        """Monotonic seconds at which a worker is taken for hung, unless it shows a sign before; infinite if idle."""
        if worker.hung or worker.state not in (STARTING, BUSY):
            return math.inf
        return worker.last_sign_at + (START_WITHIN_S if worker.state == STARTING else self._hang_after_s)

    def _reap(self, worker: WorkerProcess) -> None:
        job, was_starting, hung = worker.job, worker.state == STARTING, worker.hung
        self._log.warning(
            "worker ended", worker=worker.name, pid=worker.pid, exit_code=worker.exit_code, **_job_field(job)
        )
        worker.clear()
        if job is None or not job.cancel_requested:
            worker.deaths += 1
        self._plan_start(worker, failed=was_starting)
        if job is None:
            return
        if hung and not job.cancel_requested:
            self._book.end(job, FAILED, error=_hung(self._hang_after_s))
        else:
            self._book.worker_lost(job)
        if job.is_ended:
            self._ended(job)
        else:
            self._tell(job)

    def _plan_start(self, worker: WorkerProcess, *, failed: bool) -> None:
        """Start the next process at once, later the more have died, or not at all if none gets ready."""
        worker.failed_starts += int(failed)
        if worker.failed_starts >= MAX_FAILED_STARTS:
            self._give_up()
        else:
            delay = RESTART_DELAYS_S[min(max(worker.deaths - 1, 0), len(RESTART_DELAYS_S) - 1)]
            worker.start_at = self._clock() + delay

    def _give_up(self) -> None:
        """No worker can be started: the waiting jobs fail with the reason, rather than wait for ever."""
        if any(worker.state != STOPPED or worker.start_at is not None for worker in self.workers):
            return
        problem = next((worker.problem for worker in self.workers if worker.problem is not None), _cannot_start())
        while (job := self._book.take_next()) is not None:
            self._book.end(job, FAILED, error=problem)
            self._ended(job)

    def _start(self, worker: WorkerProcess) -> None:
        try:
            worker.start(self._clock())
        except OSError:
            self._log.exception("worker cannot be started", worker=worker.name)
            worker.clear()
            worker.deaths += 1
            self._plan_start(worker, failed=True)
            return
        self._log.info("worker started", worker=worker.name, pid=worker.pid, device=worker.device)


def _job_field(job: Job | None) -> dict[str, str]:
    return {} if job is None else {"job": job.id}


def _hung(after_s: float) -> ErrorInfo:
    return ErrorInfo(
        "worker_hung",
        f"The process that makes the pictures showed no progress for {after_s:.0f} seconds and was ended. Try a "
        "smaller size or fewer steps.",
        retry=True,
        log=new_log_id(),
    )


def _cannot_start() -> ErrorInfo:
    return ErrorInfo(
        "worker_died",
        "The process that makes the pictures cannot be started. Run `velatura doctor`, which says what is missing.",
        log=new_log_id(),
    )
