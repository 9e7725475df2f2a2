"""What the daemon answers to each kind of message."""

import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import zmq

from velatura_daemon.jobs.book import JobBook
from velatura_daemon.jobs.dispatcher import Dispatcher
from velatura_daemon.jobs.job import Job
from velatura_daemon.jobs.worker_process import WorkerProcess
from velatura_daemon.logs import Log
from velatura_daemon.worker_protocol import Frame
from velatura_protocol.codec import Plain
from velatura_protocol.envelope import DEFAULT_LIMITS, Envelope
from velatura_protocol.errors import ProtocolError, VelaturaError
from velatura_protocol.images import check_image
from velatura_protocol.messages import (
    QUEUED,
    RUNNING,
    Cancel,
    Fetch,
    Forget,
    Forgotten,
    GetCatalogue,
    GetStatus,
    Hello,
    Jobs,
    ListJobs,
    Message,
    Plan,
    Result,
    Shutdown,
    Status,
    Stopping,
    Submit,
    Watch,
    Welcome,
)
from velatura_protocol.version import PACKAGE_VERSION, PROTOCOL_MAJOR, PROTOCOL_MINOR

from .capabilities import Capabilities
from .peers import Peer, Peers
from .zap import LOCAL_KEY

_ID = re.compile(r"[0-9a-f]{32}")
#: Previews that one message may ask for; enough for any job, and no counter grows without end.
_MAX_PREVIEWS = 10_000


@dataclass(frozen=True)
class Reply:
    body: Message
    blobs: Sequence[Frame] = ()


class Handlers:
    """One method for each kind that a client may send. Errors are raised as ``VelaturaError`` and answered as such."""

    def __init__(
        self,
        *,
        session: str,
        book: JobBook,
        dispatcher: Dispatcher,
        capabilities: Capabilities,
        peers: Peers,
        log: Log,
        stop: Callable[[], None],
    ) -> None:
        self._session = session
        self._book = book
        self._dispatcher = dispatcher
        self._capabilities = capabilities
        self._peers = peers
        self._log = log
        self._stop = stop
        self._started_at = time.monotonic()
        self._handler_of: dict[type[Any], Callable[[Peer, Any, Sequence[Frame]], Reply]] = {
            GetCatalogue: self._get_catalogue,
            Plan: self._plan,
            Submit: self._submit,
            Watch: self._watch,
            Cancel: self._cancel,
            ListJobs: self._list_jobs,
            Fetch: self._fetch,
            Forget: self._forget,
            GetStatus: self._get_status,
            Shutdown: self._shutdown,
        }

    def answer(self, routing_id: bytes, key_name: str, envelope: Envelope) -> Reply:
        """The reply to a message.

        Raises:
            VelaturaError: the error to answer with.
        """
        if isinstance(envelope.body, Hello):
            return self._hello(routing_id, key_name, envelope.body)
        handler = self._handler_of.get(cast(type[Any], type(envelope.body)))
        if handler is None:
            raise ProtocolError("bad_message", f"A daemon takes no messages of kind {envelope.header.kind!r}.")
        peer = self._peers.find(routing_id, key_name)
        if peer is None:
            raise VelaturaError(
                "hello_first", "This connection has not said hello, or not for long. Say hello first.", retry=True
            )
        return handler(peer, envelope.body, envelope.blobs)

    # --- the conversation ---------------------------------------------------------------------------------------

    def _hello(self, routing_id: bytes, key_name: str, hello: Hello) -> Reply:
        if hello.protocol_major != PROTOCOL_MAJOR:
            raise VelaturaError(
                "version_mismatch",
                f"The plug-in speaks version {hello.protocol_major}.{hello.protocol_minor} of Velatura's protocol and "
                f"the daemon version {PROTOCOL_MAJOR}.{PROTOCOL_MINOR}: update the older of the two.",
            )
        _check_id(hello.client_id, "client_id")
        self._peers.welcome(Peer(routing_id, key_name, hello.client_id, hello.client_name))
        self._log.info(
            "hello",
            client=_short(hello.client_id),
            name=hello.client_name[:64],
            version=hello.client_version[:64],
            protocol=f"{hello.protocol_major}.{hello.protocol_minor}",
        )
        return Reply(
            Welcome(
                PROTOCOL_MAJOR,
                PROTOCOL_MINOR,
                self._session,
                PACKAGE_VERSION,
                DEFAULT_LIMITS.blob,
                DEFAULT_LIMITS.total,
            )
        )

    def _get_catalogue(self, _peer: Peer, asked: GetCatalogue, _blobs: Sequence[Frame]) -> Reply:
        return Reply(self._capabilities.catalogue(rescan=asked.rescan))

    def _plan(self, _peer: Peer, asked: Plan, _blobs: Sequence[Frame]) -> Reply:
        return Reply(self._capabilities.plan(asked))

    # --- jobs ---------------------------------------------------------------------------------------------------

    def _submit(self, peer: Peer, submit: Submit, blobs: Sequence[Frame]) -> Reply:
        _check_id(submit.job, "job")
        previews = _check_previews(submit.previews)
        sizes = [len(blob) for blob in blobs]
        for path, image in submit.request.images():
            check_image(image, sizes, f"request.{path}")
        self._capabilities.check(submit.request)
        job, is_new = self._book.accept(submit.job, peer.client_id, submit.request, blobs)
        if is_new:
            self._log.info(
                "job accepted", job=job.id, client=_short(peer.client_id), task=submit.request.task, bytes=sum(sizes)
            )
            self._peers.watch(peer, job.id, previews)
            self._dispatcher.wake_stopped()
            self._dispatcher.assign(submitted=job)
        else:
            self._watch_job(peer, job, previews)
        return self._state_of(job)

    def _watch(self, peer: Peer, watch: Watch, _blobs: Sequence[Frame]) -> Reply:
        job = self._book.find(watch.job, peer.client_id)
        self._watch_job(peer, job, _check_previews(watch.previews))
        return self._state_of(job)

    def _watch_job(self, peer: Peer, job: Job, previews: int) -> None:
        if job.is_ended:
            return
        self._peers.watch(peer, job.id, previews)
        if previews and job.state == RUNNING:
            self._dispatcher.set_previews(job, self._peers.wanted_previews(job.id))

    def _cancel(self, peer: Peer, cancel: Cancel, _blobs: Sequence[Frame]) -> Reply:
        job = self._book.find(cancel.job, peer.client_id)
        if not job.is_ended:
            self._log.info("job cancelled", job=job.id, state=job.state)
            self._dispatcher.cancel(job)
        return self._state_of(job)

    def _list_jobs(self, peer: Peer, _asked: ListJobs, _blobs: Sequence[Frame]) -> Reply:
        return Reply(Jobs(tuple(self._book.describe(job) for job in self._book.owned_by(peer.client_id))))

    def _fetch(self, peer: Peer, fetch: Fetch, _blobs: Sequence[Frame]) -> Reply:
        job = self._book.find(fetch.job, peer.client_id)
        outcome, pixels = self._book.result(job)
        return Reply(Result(job.id, job.request, outcome.patches, outcome.report), pixels)

    def _forget(self, peer: Peer, forget: Forget, _blobs: Sequence[Frame]) -> Reply:
        if self._book.knows(forget.job):
            job = self._book.find(forget.job, peer.client_id)
            self._dispatcher.forget(job)
            self._peers.forget_job(job.id)
        return Reply(Forgotten(forget.job))

    def _state_of(self, job: Job) -> Reply:
        return Reply(self._book.describe(job))

    # --- the daemon ---------------------------------------------------------------------------------------------

    def _get_status(self, _peer: Peer, _asked: GetStatus, _blobs: Sequence[Frame]) -> Reply:
        details: dict[str, Plain] = {
            "daemon_version": PACKAGE_VERSION,
            "python": platform.python_version(),
            "pyzmq": zmq.pyzmq_version(),
            "libzmq": zmq.zmq_version(),
            "connections": len(self._peers),
            "spooled_bytes": self._book.spooled_bytes,
            "workers": [_describe_worker(worker) for worker in self._dispatcher.workers],
        }
        return Reply(
            Status(
                pid=os.getpid(),
                worker=self._dispatcher.summary,
                queued=self._book.count(QUEUED),
                running=self._book.count(RUNNING),
                uptime_s=time.monotonic() - self._started_at,
                details=details,
            )
        )

    def _shutdown(self, peer: Peer, _asked: Shutdown, _blobs: Sequence[Frame]) -> Reply:
        if peer.key_name != LOCAL_KEY:
            raise VelaturaError("not_allowed", "Only a program on the daemon's own machine may stop it.")
        self._log.info("shutdown asked for", client=_short(peer.client_id))
        self._stop()
        return Reply(Stopping())


def _check_id(value: str, name: str) -> None:
    if not _ID.fullmatch(value):
        raise ProtocolError("bad_message", f"{name} must be 32 hexadecimal digits in lower case.")


def _check_previews(count: int) -> int:
    if not 0 <= count <= _MAX_PREVIEWS:
        raise VelaturaError("invalid_value", f"previews is {count}; it must be 0 to {_MAX_PREVIEWS}.")
    return count


def _short(client_id: str) -> str:
    """Enough of a client's secret id to tell clients apart in a log, too little to act as one of them."""
    return client_id[:8]


def _describe_worker(worker: WorkerProcess) -> dict[str, Plain]:
    return {
        "name": worker.name,
        "device": worker.device,
        "state": worker.state,
        "pid": worker.pid,
        "resident_bytes": worker.resident_bytes,
        "problem": "" if worker.problem is None else worker.problem.message,
        **worker.description,
    }
