"""The daemon from an editor's point of view: calls return at once, answers come back on the editor's own thread."""

import threading
import uuid
from collections import deque
from pathlib import Path
from typing import Callable, Deque, Optional, Protocol, Sequence, Type, TypeVar

from velatura_protocol.envelope import Buffer, Envelope
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import (
    Catalogue,
    GetCatalogue,
    Jobs,
    JobState,
    ListJobs,
    Message,
    Plan,
    Planned,
    Preview,
    Result,
)
from velatura_protocol.request import GenerationRequest

from .channels import result_in_bgra
from .jobs import FollowedJob
from .link import Connector, Link

#: How long the thread sleeps at most when nothing happens. Commands wake it at once; this is only for deadlines.
_IDLE_S = 5.0
#: At the end, acknowledgements that are on their way get this long.
_FLUSH_S = 0.3

Deliver = Callable[[Callable[[], None]], None]
OnFailed = Callable[[ErrorInfo], None]
_Reply = TypeVar("_Reply")


def new_job_id() -> str:
    return uuid.uuid4().hex


class Listener(Protocol):
    """Hears of one job. Every call comes through ``deliver``; after ``on_result`` or ``on_error`` none comes any more.

    A cancelled job ends with ``on_state`` in state ``cancelled``.
    """

    def on_state(self, state: JobState) -> None: ...

    def on_interrupted(self) -> None:
        """The daemon is gone. It is looked for, or started again, and the job goes on there."""
        ...

    def on_preview(self, preview: Preview, pixels: Buffer) -> None: ...

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        """The daemon keeps the result until ``BackgroundClient.forget``: call that when the picture is safe."""
        ...

    def on_error(self, error: ErrorInfo) -> None: ...


class BackgroundClient:
    """Owns one thread, which owns the connection. Its methods may be called from any thread and never wait."""

    def __init__(
        self,
        *,
        launcher: Connector,
        deliver: Deliver,
        client_name: str,
        folder: Optional[Path] = None,
        wants_bgra: bool = False,
    ) -> None:
        """``deliver`` runs a callable later on the editor's thread; it is called from the client's thread.

        ``client_name``: such as ``krita``. ``folder``: the daemon's state folder, None = this user's.
        ``wants_bgra``: results are turned into that order on the client's thread, as the editor's must not wait for it.
        """
        self._link = Link(launcher=launcher, client_name=client_name, folder=folder)
        self._deliver = deliver
        self.wants_bgra = wants_bgra
        self._commands: Deque[Callable[[], None]] = deque()
        self._stopping = threading.Event()
        # daemon=True: if the editor dies without calling stop, this thread must not keep its process alive
        self._thread = threading.Thread(target=self._run, name="velatura", daemon=True)

    def start(self) -> None:
        """Begin to work. The daemon is looked for (or started) when something is wanted of it."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread and the connection; nothing is delivered afterwards. Jobs go on in the daemon."""
        self._stopping.set()
        self._link.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def catalogue(self, done: Callable[[Catalogue], None], failed: OnFailed, *, rescan: bool = False) -> None:
        self._ask(GetCatalogue(rescan), Catalogue, done, failed)

    def plan(self, plan: Plan, done: Callable[[Planned], None], failed: OnFailed) -> None:
        self._ask(plan, Planned, done, failed)

    def jobs(self, done: Callable[[Jobs], None], failed: OnFailed) -> None:
        """The jobs of this client that the daemon still has, those of an earlier run of the editor included."""
        self._ask(ListJobs(), Jobs, done, failed)

    def submit(
        self,
        request: GenerationRequest,
        blobs: Sequence[Buffer],
        listener: Listener,
        *,
        job: str = "",
        previews: bool = True,
    ) -> str:
        """Begin a job and return its id (``job``, or a new one). The blobs are not copied: leave them unchanged."""
        job = job or new_job_id()
        self._follow(job, listener, request, blobs, previews)
        return job

    def watch(self, job: str, listener: Listener) -> None:
        """Hear of a job that an earlier run of this editor submitted; fetches its result when it is finished."""
        self._follow(job, listener, None, (), True)

    def cancel(self, job: str) -> None:
        self._command(lambda: self._link.cancel(job))

    def forget(self, job: str) -> None:
        """Let the daemon delete a job: its result is where it belongs, or nobody wants it."""
        self._command(lambda: self._link.forget(job))

    def _follow(
        self,
        job: str,
        listener: Listener,
        request: Optional[GenerationRequest],
        blobs: Sequence[Buffer],
        previews: bool,
    ) -> None:
        delivering = _DeliveringListener(self, job, listener)
        followed = FollowedJob(job, delivering, request=request, blobs=blobs, previews=previews)
        self._command(lambda: self._link.follow(followed))

    def _ask(self, body: Message, expected: Type[_Reply], done: Callable[[_Reply], None], failed: OnFailed) -> None:
        def on_reply(reply: Envelope) -> None:
            answer = reply.body
            if isinstance(answer, expected):
                self.deliver(lambda: done(answer))
            else:
                self.deliver(lambda: failed(ErrorInfo("internal", "The daemon gave an answer of another kind.")))

        def on_failure(error: VelaturaError) -> None:
            self.deliver(lambda: failed(error.info))

        self._command(lambda: self._link.ask(body, on_reply, on_failure))

    def want_preview(self, job: str) -> None:
        self._command(lambda: self._link.want_preview(job))

    def deliver(self, call: Callable[[], None]) -> None:
        def unless_stopped() -> None:
            if not self._stopping.is_set():
                call()

        if not self._stopping.is_set():
            self._deliver(unless_stopped)

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        self._link.wake()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._run_commands()
            self._link.step(_IDLE_S, self._stopping.is_set)
        self._run_commands()
        self._link.close(_FLUSH_S)

    def _run_commands(self) -> None:
        while self._commands:
            self._commands.popleft()()


class _DeliveringListener:
    """Carries what the client's thread hears of a job over to the editor's thread."""

    def __init__(self, client: BackgroundClient, job: str, listener: Listener) -> None:
        self._client = client
        self._job = job
        self._listener = listener

    def on_state(self, state: JobState) -> None:
        self._client.deliver(lambda: self._listener.on_state(state))

    def on_interrupted(self) -> None:
        self._client.deliver(self._listener.on_interrupted)

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        def show() -> None:
            self._listener.on_preview(preview, pixels)
            self._client.want_preview(self._job)  # credit only now: an editor that is busy gets fewer, not a backlog

        self._client.deliver(show)

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        if self._client.wants_bgra:
            result, blobs = result_in_bgra(result, blobs)
        self._client.deliver(lambda: self._listener.on_result(result, blobs))

    def on_error(self, error: ErrorInfo) -> None:
        self._client.deliver(lambda: self._listener.on_error(error))
