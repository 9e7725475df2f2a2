"""The supervisor: one thread, one poller; everything that the daemon does begins here."""

import os
import time
from collections.abc import Callable, Sequence

import zmq

from velatura_daemon.jobs.book import JobBook
from velatura_daemon.jobs.dispatcher import Dispatcher
from velatura_daemon.jobs.job import Job
from velatura_daemon.jobs.worker_process import WorkerProcess, WorkerSettings
from velatura_daemon.logs import Log, new_log_id
from velatura_daemon.settings import Settings
from velatura_daemon.worker_protocol import Frame
from velatura_protocol.connection import FILE_NAME, Connection, read_connection, write_connection
from velatura_protocol.envelope import decode
from velatura_protocol.errors import ProtocolError, VelaturaError
from velatura_protocol.images import ImageRef
from velatura_protocol.messages import Error, Preview
from velatura_protocol.version import PACKAGE_VERSION, PROTOCOL_MAJOR, PROTOCOL_MINOR

from .capabilities import Capabilities
from .handlers import Handlers
from .peers import Peers
from .sockets import ClientListener, Context, WorkerListener
from .wakeup import Wakeup
from .zap import LOCAL_KEY, KeyKeeper

#: Messages taken from one socket before the others are looked at again.
_BATCH = 32
#: Logs and model folders are opened, which takes a while, after so many seconds without any event or, at the latest,
#: so many seconds after the start.
_QUIET_AT_START_S = 0.3
_WARM_AFTER_S = 3.0
#: Seconds between two looks at what has grown old, and at connections that did not read their news.
_TIDY_EVERY_S = 600.0
_RETRY_UNSENT_EVERY_S = 0.2


class Supervisor:
    """Made, then ``run`` until somebody asks it to stop. The caller holds the instance lock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._log = Log(settings.log_folder / "daemon.log", process="daemon")
        self._session = os.urandom(16).hex()
        self._context = Context()
        self._keys = KeyKeeper(self._context, self._log)
        self._clients = ClientListener(self._context, self._keys)
        self._workers = WorkerListener(self._context, self._keys)
        self._wakeup = Wakeup()
        self._wakeup.catch_stop_signals()
        self._peers = Peers(self._clients)
        self._book = JobBook(
            settings.state,
            queue_limit=settings.queue_limit,
            spool_bytes=settings.spool_bytes,
            keep_results_s=settings.keep_results_s,
        )
        self._dispatcher = self._make_dispatcher()
        self._capabilities = Capabilities(settings.models)
        self._handlers = Handlers(
            session=self._session,
            book=self._book,
            dispatcher=self._dispatcher,
            capabilities=self._capabilities,
            peers=self._peers,
            log=self._log,
            stop=self._request_stop,
        )
        self._stopping = False
        self._is_warm = False
        self._warm_at = time.monotonic() + _WARM_AFTER_S
        self._tidy_at = time.monotonic() + _TIDY_EVERY_S

    def _make_dispatcher(self) -> Dispatcher:
        settings = self._settings
        worker_settings = WorkerSettings(
            engine=settings.engine,
            threads=settings.threads,
            model_folders=settings.models,
            log_folder=settings.log_folder,
        )
        workers = [
            WorkerProcess(f"worker-{number}", device, worker_settings, self._workers, self._wakeup.notify)
            for number, device in enumerate(settings.devices, start=1)
        ]
        dispatcher = Dispatcher(
            self._book,
            workers,
            cancel_grace_s=settings.cancel_grace_s,
            hang_after_s=settings.hang_after_s,
            log=self._log,
            clock=time.monotonic,
        )
        dispatcher.listener = self
        return dispatcher

    def _publish(self) -> None:
        """Write connection.json, now that the port is bound."""
        public, secret = zmq.curve_keypair()
        self._clients.admit(public, LOCAL_KEY)
        write_connection(
            Connection(
                endpoint=self._clients.endpoint,
                server_key=self._clients.server_key,
                client_public=public.decode(),
                client_secret=secret.decode(),
                pid=os.getpid(),
                session=self._session,
                protocol_major=PROTOCOL_MAJOR,
                protocol_minor=PROTOCOL_MINOR,
                daemon_version=PACKAGE_VERSION,
            ),
            self._settings.state,
        )

    # --- the loop -----------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until a signal or ``shutdown``, then end the workers, take back connection.json and close."""
        self._log.info("daemon starts", pid=os.getpid(), version=PACKAGE_VERSION, endpoint=self._clients.endpoint)
        if self._book.journal_set_aside is not None:
            self._log.warning("the journal could not be read and was set aside", path=str(self._book.journal_set_aside))
        try:
            self._publish()
            self._dispatcher.start()
            self._serve()
        except Exception:
            self._log.exception("the daemon fails")
            raise
        finally:
            self._close()

    def _serve(self) -> None:
        poller = zmq.Poller()
        on_ready: dict[object, Callable[[], None]] = {
            self._clients.socket: self._take_client_messages,
            self._workers.socket: self._take_worker_messages,
            self._keys.socket: self._keys.answer,
            self._wakeup.fileno(): self._wakeup.drain,
        }
        for source in on_ready:
            poller.register(source, zmq.POLLIN)
        while not self._stopping and not self._wakeup.stop_requested:
            ready = poller.poll(self._milliseconds_to_wait())
            for source, _event in ready:
                on_ready[source]()
            self._dispatcher.reap()
            self._do_what_is_due(is_quiet=not ready)
            self._book.settle()
            if self._is_warm:
                self._log.flush()

    def _milliseconds_to_wait(self) -> int:
        now = time.monotonic()
        deadlines = [self._tidy_at]
        deadline = self._dispatcher.next_deadline()
        if deadline is not None:
            deadlines.append(deadline)
        if not self._is_warm:
            deadlines.append(now + _QUIET_AT_START_S)
        if self._peers.has_unsent:
            deadlines.append(now + _RETRY_UNSENT_EVERY_S)
        # rounded up, because waking just before a deadline would mean spinning until it
        return max(0, int((min(deadlines) - now) * 1000) + 1)

    def _do_what_is_due(self, *, is_quiet: bool) -> None:
        now = time.monotonic()
        self._dispatcher.tick(now)
        if self._peers.has_unsent:
            self._retry_unsent()
        if not self._is_warm and (is_quiet or now >= self._warm_at):
            self._is_warm = True
            self._log.open()
            self._capabilities.warm_up(self._log)
        if now >= self._tidy_at:
            self._tidy_at = now + _TIDY_EVERY_S
            self._book.tidy()

    def _request_stop(self) -> None:
        self._stopping = True

    def _close(self) -> None:
        published = read_connection(self._settings.state)
        if published is not None and published.session == self._session:
            (self._settings.state / FILE_NAME).unlink(missing_ok=True)
        self._dispatcher.stop()
        self._book.close()
        self._clients.close()
        self._workers.close()
        self._keys.socket.close()
        self._wakeup.close()
        self._context.term()
        self._log.info("daemon ends", pid=os.getpid())
        self._log.close()

    # --- clients ------------------------------------------------------------------------------------------------

    def _take_client_messages(self) -> None:
        for _ in range(_BATCH):
            frames = self._clients.receive()
            if frames is None:
                return
            self._answer(frames)

    def _answer(self, frames: Sequence[zmq.Frame]) -> None:
        routing_id = frames[0].bytes
        key_name = str(frames[-1].get("User-Id"))
        re = ""
        try:
            envelope = decode([frame.buffer for frame in frames[1:]])
            re = envelope.header.id
            reply = self._handlers.answer(routing_id, key_name, envelope)
        except VelaturaError as error:
            self._answer_error(routing_id, error, error.re if isinstance(error, ProtocolError) and error.re else re)
        except Exception:  # noqa: BLE001 - whatever one message does, the daemon goes on
            log_id = new_log_id()
            self._log.exception("a message could not be answered", log=log_id, re=re)
            message = (
                "Something went wrong in the daemon. Please report it, with the lines of its log that carry this id."
            )
            self._answer_error(routing_id, VelaturaError("internal", message, log=log_id), re)
        else:
            self._peers.reply(routing_id, reply.body, re=re, blobs=reply.blobs)

    def _answer_error(self, routing_id: bytes, error: VelaturaError, re: str) -> None:
        info = error.info
        self._log.info("error answered", code=info.code, message=info.message, log=info.log)
        self._peers.reply(routing_id, Error(info), re=re)

    def _take_worker_messages(self) -> None:
        for _ in range(_BATCH):
            frames = self._workers.receive()
            if frames is None:
                return
            # the name that came with the key, not the one that the peer gave itself
            routing_id = str(frames[-1].get("User-Id"))
            self._dispatcher.receive(routing_id, [frame.buffer for frame in frames[1:]])

    # --- news for clients (JobListener) -------------------------------------------------------------------------

    def job_changed(self, job: Job) -> None:
        """Tell the watchers; after the last news of a job nobody watches it any more."""
        self._peers.tell(self._peers.watchers(job.id), self._book.describe(job), last=job.is_ended)

    def queue_moved(self) -> None:
        """Tell the watchers of every waiting job its new position."""
        for job in self._book.waiting():
            self.job_changed(job)

    def preview_made(self, job: Job, step: int, of: int, image: ImageRef, pixels: Frame) -> None:
        self._peers.show(job.id, Preview(job.id, step, of, image), pixels)

    def wanted_previews(self, job: Job) -> int:
        return self._peers.wanted_previews(job.id)

    def _retry_unsent(self) -> None:
        for peer in self._peers.with_unsent():
            for job_id in list(peer.unsent):
                job = self._book.get(job_id)
                if job is None:
                    peer.unsent.discard(job_id)
                else:
                    self._peers.tell([peer], self._book.describe(job), last=job.is_ended)
