"""A real daemon process with a tiny engine, and a bare client that speaks the protocol's frames."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zmq

from velatura_daemon.spool import FOLDER
from velatura_protocol.connection import Connection, read_connection
from velatura_protocol.envelope import Envelope, decode, encode
from velatura_protocol.errors import ErrorInfo
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import (
    TERMINAL_STATES,
    Error,
    Fetch,
    GetStatus,
    Hello,
    JobState,
    Status,
    Submit,
    Watch,
)
from velatura_protocol.request import GenerationRequest

#: Seconds until a test gives up waiting; far more than anything here takes on a busy machine.
PATIENCE_S = 60.0
MODEL = "pochade"
ENGINES = Path(__file__).parent / "engines"


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.005)
    return value


def process_is_alive(pid: int) -> bool:
    """False also for a process that has ended and was not yet collected by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Client:
    """One connection. Events that arrive while an answer is awaited are kept for ``next_event``."""

    def __init__(self, connection: Connection, client_id: str) -> None:
        self.client_id = client_id
        self.events: list[Envelope] = []
        self._number = 0
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.linger = 0
        self._monitor = self.socket.get_monitor_socket(  # before connecting, or the first events are missed
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        )
        self.socket.curve_serverkey = connection.server_key.encode()
        self.socket.curve_publickey = connection.client_public.encode()
        self.socket.curve_secretkey = connection.client_secret.encode()
        self.socket.connect(connection.endpoint)

    def close(self) -> None:
        self._context.destroy(linger=0)

    def handshake(self) -> int:
        """The first event that says how it went."""
        assert self._monitor.poll(int(PATIENCE_S * 1000)), "neither accepted nor refused"
        return int.from_bytes(self._monitor.recv_multipart()[0][:2], "little")

    def hello(self, major: int = 1, minor: int = 0) -> Any:
        return self.ask(Hello(major, minor, self.client_id, "test"))

    def send(self, body: Any, blobs: Sequence[bytes] = ()) -> str:
        self._number += 1
        self.socket.send_multipart(encode(body, id=str(self._number), blobs=blobs))
        return str(self._number)

    def receive(self) -> Envelope:
        assert self.socket.poll(int(PATIENCE_S * 1000)), "the daemon does not answer"
        return decode(self.socket.recv_multipart())

    def answer(self, re: str) -> Envelope:
        while True:
            envelope = self.receive()
            if envelope.header.re == re:
                return envelope
            self.events.append(envelope)

    def ask_for_envelope(self, body: Any, blobs: Sequence[bytes] = ()) -> Envelope:
        return self.answer(self.send(body, blobs))

    def ask(self, body: Any, blobs: Sequence[bytes] = ()) -> Any:
        """The body of the answer."""
        return self.ask_for_envelope(body, blobs).body

    def refused(self, body: Any, blobs: Sequence[bytes] = ()) -> ErrorInfo:
        """The error that the daemon answers with."""
        answer = self.ask(body, blobs)
        assert isinstance(answer, Error), answer
        return answer.error

    def status(self) -> Status:
        return self.ask(GetStatus())

    # --- jobs ---------------------------------------------------------------------------------------------------

    def submit(self, request: GenerationRequest, blobs: Sequence[bytes] = (), previews: int = 0) -> str:
        """Submit a new job, which must be accepted, and return its id."""
        job = uuid.uuid4().hex
        answer = self.ask(Submit(job, request, previews), blobs)
        assert isinstance(answer, JobState), answer
        self.events.append(Envelope(None, answer))  # type: ignore[arg-type]
        return job

    def next_event(self) -> Envelope:
        return self.events.pop(0) if self.events else self.receive()

    def news_until(self, job: str, wanted: Callable[[JobState], bool]) -> list[Envelope]:
        """States and previews of a job, up to the first state that is ``wanted``. Other events are skipped."""
        news: list[Envelope] = []
        while True:
            event = self.next_event()
            if event.body.job == job:
                news.append(event)
                if isinstance(event.body, JobState) and wanted(event.body):
                    return news

    def states_until(self, job: str, wanted: Callable[[JobState], bool]) -> list[JobState]:
        """The states of a job up to the first that is ``wanted``."""
        return [event.body for event in self.news_until(job, wanted) if isinstance(event.body, JobState)]

    def wait_for_end(self, job: str) -> JobState:
        return self.states_until(job, lambda state: state.state in TERMINAL_STATES)[-1]

    def wait_for_stage(self, job: str, stage: str) -> JobState:
        return self.states_until(job, lambda state: state.stage == stage)[-1]

    def run(self, request: GenerationRequest, blobs: Sequence[bytes] = ()) -> Envelope:
        """The result of a job that must succeed."""
        job = self.submit(request, blobs)
        state = self.wait_for_end(job)
        assert state.state == "succeeded", state
        return self.ask_for_envelope(Fetch(job))

    def watch(self, job: str, previews: int = 0) -> JobState:
        """Watch a job and take the answer as its newest state."""
        answer = self.ask(Watch(job, previews))
        assert isinstance(answer, JobState), answer
        self.events.append(Envelope(None, answer))  # type: ignore[arg-type]
        return answer


class Daemon:
    """A daemon process in a state folder of its own; may be killed and started again there."""

    def __init__(self, state: Path, environment: dict[str, str], command: Sequence[str]) -> None:
        self.state = state
        self._environment = {**os.environ, "VELATURA_STATE": str(state), "PYTHONPATH": str(ENGINES), **environment}
        self._command = command
        self._clients: list[Client] = []
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        self.process = self.launch()
        wait_until(lambda: self._connection_of(self.process.pid), "connection.json")
        return self.process

    def launch(self, stdout: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        """Start one more process in the same state folder, without waiting for anything."""
        return subprocess.Popen(self._command, env=self._environment, stdout=stdout)

    def _connection_of(self, pid: int) -> Connection | None:
        assert self.process.poll() is None, "the daemon has ended"
        connection = read_connection(self.state)
        return connection if connection is not None and connection.pid == pid else None

    @property
    def connection(self) -> Connection:
        connection = read_connection(self.state)
        assert connection is not None
        return connection

    def connect(self, client_id: str | None = None, **changed: Any) -> Client:
        """A connection that has not said hello; ``changed`` replaces fields of the connection file."""
        client = Client(replace(self.connection, **changed), client_id or uuid.uuid4().hex)
        self._clients.append(client)
        return client

    def greet(self, client_id: str | None = None) -> Client:
        """A connection that has said hello."""
        client = self.connect(client_id)
        client.hello()
        return client

    def worker_pids(self, client: Client) -> list[int]:
        """Of all workers, once every one is ready."""

        def ready() -> list[dict[str, Any]]:
            workers: list[Any] = client.status().details["workers"]  # type: ignore[assignment]
            return workers if all(worker["state"] in ("idle", "busy") for worker in workers) else []

        return [worker["pid"] for worker in wait_until(ready, "the workers")]

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.wait()

    def stop(self) -> int:
        """Ask it to end, as a service manager does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)

    def log_lines(self, name: str = "daemon.log") -> list[dict[str, Any]]:
        """What was logged so far; the file is made at the first quiet moment, so there may be none yet."""
        path = self.state / "logs" / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole, _newline, _being_written = text.rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line]

    def spooled(self) -> list[str]:
        return sorted(path.name for path in (self.state / FOLDER).iterdir())

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.process.returncode is None:
            self.stop()


def _command(engine: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "velatura_daemon", "run", "--engine", f"commanded_engine:{engine}", *arguments]


@pytest.fixture
def start_daemon(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Starts a daemon: ``engine`` names a factory of commanded_engine, keywords are ``VELATURA_`` settings."""
    daemons: list[Daemon] = []

    def start(
        *arguments: str,
        engine: str = "create",
        state: Path | None = None,
        environment: dict[str, str] | None = None,
        command: Sequence[str] = (),
        **settings: object,
    ) -> Daemon:
        variables = {f"VELATURA_{name.upper()}": str(value) for name, value in settings.items()}
        daemon = Daemon(
            state or tmp_path / "state", {**variables, **(environment or {})}, command or _command(engine, arguments)
        )
        daemons.append(daemon)
        return daemon

    yield start
    for daemon in daemons:
        daemon.close()


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for all tests of a file that leave it as they found it."""
    daemon = Daemon(tmp_path_factory.mktemp("shared") / "state", {}, _command("create", ()))
    yield daemon
    daemon.close()


@pytest.fixture
def client(shared_daemon: Daemon) -> Client:
    """A client of the shared daemon, with an id of its own."""
    return shared_daemon.greet()


@pytest.fixture
def wait() -> Callable[[Callable[[], Any], str], Any]:
    return wait_until


@pytest.fixture
def is_alive() -> Callable[[int], bool]:
    return process_is_alive


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file that does not exist yet; jobs made with it wait until a test touches it."""
    return tmp_path / "gate"


@pytest.fixture
def copy_request() -> Callable[..., tuple[GenerationRequest, bytes]]:
    """Makes a ``copy`` request and its pixels."""

    def make(width: int = 8, height: int = 6) -> tuple[GenerationRequest, bytes]:
        region = Rect(3, 5, width, height)
        request = GenerationRequest("copy", "", 64, 64, region, canvas=ImageRef(0, width, height), seed=7)
        return replace(request, canvas_width=width + 64, canvas_height=height + 64), os.urandom(width * height * 4)

    return make


@pytest.fixture
def commanded() -> Callable[..., GenerationRequest]:
    """Makes a txt2img request whose prompt commands the engine: ``commanded(do="die", at="encoding")``."""

    def make(**command: object) -> GenerationRequest:
        words = {key: str(value) if isinstance(value, Path) else value for key, value in command.items()}
        return GenerationRequest("txt2img", MODEL, 64, 64, Rect(0, 0, 64, 64), prompt=json.dumps(words))

    return make
