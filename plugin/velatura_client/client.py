"""The daemon from a shell's point of view: every call waits for its answer, and errors are raised."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Callable, List, Optional, Sequence, Tuple, Type, TypeVar

from velatura_protocol.envelope import Buffer, Envelope
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import (
    CANCELLED,
    TERMINAL_STATES,
    Cancel,
    Catalogue,
    Forget,
    Forgotten,
    GetCatalogue,
    GetStatus,
    Jobs,
    JobState,
    ListJobs,
    Message,
    Plan,
    Planned,
    Preview,
    Result,
    Shutdown,
    Status,
    Stopping,
)
from velatura_protocol.request import GenerationRequest

from .jobs import FollowedJob
from .launcher import Launcher
from .link import Connector, Link

_SLICE_S = 0.5
#: After Ctrl+C the daemon gets this long to end the job; a second Ctrl+C does not wait for it.
_CANCEL_S = 10.0
_FLUSH_S = 1.0
_POLL_S = 0.05

_Reply = TypeVar("_Reply")


@dataclass(frozen=True)
class Completed:
    """A job's result and the pixels of its patches, as ``result.patches[k].image`` describes them."""

    result: Result
    blobs: Tuple[Buffer, ...]


class CancelledJobError(Exception):
    """The job was cancelled, here or by somebody else with this client's id."""


class Client:
    """A context manager; for one thread."""

    def __init__(
        self, *, client_name: str = "cli", folder: Optional[Path] = None, launcher: Optional[Connector] = None
    ) -> None:
        """``folder``: the daemon's state folder, None = this user's. ``launcher`` None: start a daemon if none runs."""
        self._link = Link(launcher=launcher or Launcher(folder=folder), client_name=client_name, folder=folder)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        self._link.close(_FLUSH_S)

    def catalogue(self, *, rescan: bool = False) -> Catalogue:
        return self._call(GetCatalogue(rescan), Catalogue)

    def status(self) -> Status:
        return self._call(GetStatus(), Status)

    def plan(self, plan: Plan) -> Planned:
        return self._call(plan, Planned)

    def shutdown(self) -> None:
        """Ask the daemon to end. It answers before it does."""
        self._call(Shutdown(), Stopping)

    def jobs(self) -> Jobs:
        """What the daemon holds for this client, oldest first."""
        return self._call(ListJobs(), Jobs)

    def run(
        self,
        request: GenerationRequest,
        blobs: Sequence[Buffer] = (),
        on_event: Callable[[JobState], None] = lambda _event: None,
    ) -> Completed:
        """Submit and wait for the result. Goes on when the daemon is started again.

        The daemon keeps the result until ``forget``: call that when the result is safe.

        Raises:
            VelaturaError: why the job failed, or why there is no daemon.
            CancelledJobError: it was cancelled.
            KeyboardInterrupt: after the job was cancelled for it.
        """
        listener = _Collector(on_event)
        followed = FollowedJob(uuid.uuid4().hex, listener, request=request, blobs=blobs)
        try:
            return self._follow(followed, listener)
        except KeyboardInterrupt:
            self._cancel(followed)
            raise

    def wait(self, job: str, on_event: Callable[[JobState], None] = lambda _event: None) -> Completed:
        """The result of a job that the daemon holds, as soon as there is one. It is kept until ``forget``.

        Raises:
            VelaturaError: why the job failed or is not there (the daemon forgets one that failed), or why there is no
                daemon.
            CancelledJobError: it was cancelled.
            KeyboardInterrupt: the job goes on.
        """
        listener = _Collector(on_event)
        return self._follow(FollowedJob(job, listener), listener)

    def forget(self, job: str) -> None:
        """The daemon may delete the job. One that waits or runs is cancelled first, and whoever waits for it is told.

        Raises:
            VelaturaError: the daemon cannot be reached.
        """
        deadline = time.monotonic() + _CANCEL_S
        try:
            while self._call(Cancel(job), JobState).state not in TERMINAL_STATES and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        except VelaturaError as error:
            if error.info.code != "job_unknown":  # whoever waited for it has had it forgotten
                raise
        self._call(Forget(job), Forgotten)

    def forget_soon(self, job: str) -> None:
        """``forget`` without waiting for the answer (``close`` does, a moment) and without an error."""
        self._link.forget(job)

    def _follow(self, followed: FollowedJob, listener: "_Collector") -> Completed:
        self._link.follow(followed)
        while not followed.over:
            self._link.step(_SLICE_S)
        if listener.error is not None:
            raise VelaturaError.from_info(listener.error)
        if listener.completed is None:
            raise CancelledJobError(f"The job {followed.job} was cancelled.")
        if listener.completed.result.job != followed.job:
            raise VelaturaError("internal", "The daemon sent the result of another job. Please report this.")
        return listener.completed

    def _cancel(self, followed: FollowedJob) -> None:
        self._link.cancel(followed.job)
        deadline = time.monotonic() + _CANCEL_S
        while not followed.over and time.monotonic() < deadline:
            self._link.step(_SLICE_S)

    def _call(self, body: Message, expected: Type[_Reply]) -> _Reply:
        replies: List[Envelope] = []
        failures: List[VelaturaError] = []
        self._link.ask(body, replies.append, failures.append)
        while not replies and not failures:
            self._link.step(_SLICE_S)
        if failures:
            raise failures[0]
        if not isinstance(replies[0].body, expected):
            raise VelaturaError("internal", "The daemon gave an answer of another kind. Update daemon and client.")
        return replies[0].body


class _Collector:
    """Keeps how a job ended."""

    def __init__(self, on_event: Callable[[JobState], None]) -> None:
        self.completed: Optional[Completed] = None
        self.error: Optional[ErrorInfo] = None
        self._on_event = on_event

    def on_state(self, state: JobState) -> None:
        if state.state != CANCELLED:
            self._on_event(state)

    def on_interrupted(self) -> None:
        pass

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        """None comes: no credit was given."""

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        self.completed = Completed(result, tuple(blobs))

    def on_error(self, error: ErrorInfo) -> None:
        self.error = error
