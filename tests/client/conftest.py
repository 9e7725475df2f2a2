"""What the client's tests share: a daemon that says what the test wants, and the real daemon with a test engine."""

import json
import os
import queue
import signal
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import zmq

from velatura_cli.__main__ import main
from velatura_client.client import Client
from velatura_client.launcher import COMMAND_VARIABLE, Launcher
from velatura_protocol.connection import Connection, read_connection, write_connection
from velatura_protocol.envelope import Envelope, decode, encode
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Hello, Message, Welcome
from velatura_protocol.version import PACKAGE_VERSION, PROTOCOL_MAJOR, PROTOCOL_MINOR

ENGINES = Path(__file__).parent / "engines"
DEADLINE_S = 30.0

#: Answers one message; what it returns is sent back as (body, blobs) with ``re`` set.
Answer = Callable[[Envelope], "tuple[Message, list[bytes]] | None"]


def welcome(session: str = "s1", major: int = PROTOCOL_MAJOR) -> Welcome:
    return Welcome(major, PROTOCOL_MINOR, session, PACKAGE_VERSION, 1 << 28, 1 << 30)


@dataclass
class FakeDaemon:
    """A ROUTER with CURVE and ZAP on a thread of its own. ``answer`` is called on that thread.

    Attributes:
        heard: every body that arrived, in order.
    """

    folder: Path
    answer: Answer
    session: str = "s1"
    heard: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._outbox: queue.Queue[list] = queue.Queue()
        self._context = zmq.Context()
        public, secret = zmq.curve_keypair()
        client_public, client_secret = zmq.curve_keypair()
        self._allowed = client_public
        self._zap = self._context.socket(zmq.REP)
        self._zap.bind("inproc://zeromq.zap.01")
        self._router = self._context.socket(zmq.ROUTER)
        self._router.linger = 0
        self._router.curve_server = True
        self._router.curve_secretkey = secret
        self._router.zap_domain = b"velatura"
        port = self._router.bind_to_random_port("tcp://127.0.0.1")
        self.connection = Connection(
            endpoint=f"tcp://127.0.0.1:{port}",
            server_key=public.decode(),
            client_public=client_public.decode(),
            client_secret=client_secret.decode(),
            pid=os.getpid(),
            session=self.session,
            protocol_major=PROTOCOL_MAJOR,
            protocol_minor=PROTOCOL_MINOR,
            daemon_version=PACKAGE_VERSION,
        )
        write_connection(self.connection, self.folder)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def send(self, body: Message, *, re: str = "", blobs: Sequence[bytes] = ()) -> None:
        """To the newest peer: an event, or the late answer to ``re``."""
        self.send_frames(encode(body, re=re, blobs=blobs))

    def send_frames(self, frames: list) -> None:
        self._outbox.put(frames)

    def stop(self) -> None:
        """Gone, as if killed: no goodbye. The connection file stays."""
        if not self._ending.is_set():
            self._ending.set()
            self._thread.join()

    def _serve(self) -> None:
        peer = b""
        while not self._ending.is_set():
            if self._zap.poll(0):
                self._zap.send_multipart(self._judge(self._zap.recv_multipart()))
            if self._router.poll(5):
                peer, *frames = self._router.recv_multipart()
                envelope = decode(frames)
                self.heard.append(envelope.body)
                reply = self._reply(envelope)
                if reply is not None:
                    body, blobs = reply
                    self._router.send_multipart([peer, *encode(body, re=envelope.header.id, blobs=blobs)])
            while peer and not self._outbox.empty():
                self._router.send_multipart([peer, *self._outbox.get()])
        self._router.close()
        self._zap.close()
        self._context.term()

    def _reply(self, envelope: Envelope) -> "tuple[Message, list[bytes]] | None":
        answer = self.answer(envelope)
        if answer is None and isinstance(envelope.body, Hello):
            return welcome(self.session), []
        return answer

    def _judge(self, request: list[bytes]) -> list[bytes]:
        known = request[-1] == zmq.utils.z85.decode(self._allowed)
        status = [b"200", b"OK", b"user", b""] if known else [b"400", b"no", b"", b""]
        return [b"1.0", request[1], *status]


@pytest.fixture
def fake_daemon(tmp_path: Path) -> Iterator[Callable[..., FakeDaemon]]:
    """Starts fake daemons over one state folder, one after the other; ``None`` answers leave a message unanswered."""
    import zmq.utils.z85  # noqa: F401 - used by FakeDaemon

    made: list[FakeDaemon] = []

    def start(answer: Answer = lambda _envelope: None, *, session: str = "s1") -> FakeDaemon:
        made.append(FakeDaemon(tmp_path, answer, session))
        return made[-1]

    yield start
    for daemon in made:
        daemon.stop()


class ManualLoop:
    """An editor's event loop: ``deliver`` from any thread, run on the thread that calls ``until``."""

    def __init__(self) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()
        self.thread = threading.get_ident()

    def deliver(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def until(self, condition: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
        deadline = time.monotonic() + deadline_s
        while not condition():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise AssertionError("what was waited for did not happen")
            try:
                call = self._calls.get(timeout=min(remaining, 0.05))
            except queue.Empty:
                continue
            call()


@pytest.fixture
def loop() -> ManualLoop:
    return ManualLoop()


def wait_until(condition: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("what was waited for did not happen")
        time.sleep(0.01)


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., None]:
    """Polls a condition until it is true; fails after a deadline."""
    return wait_until


@dataclass(frozen=True)
class RealDaemon:
    """``folder``: its state folder. Started when a client first wants it."""

    folder: Path

    @property
    def pid(self) -> int:
        connection = read_connection(self.folder)
        assert connection is not None
        return connection.pid

    def kill(self) -> None:
        """``kill -9``; returns when the process is gone."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not _is_running(pid))

    def processes(self) -> list[int]:
        """Ids of all daemons for this folder, also of those that have not found out yet that one runs already."""
        setting = f"VELATURA_STATE={self.folder}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = setting in (process / "environ").read_bytes().split(b"\0")
                if is_ours and b"velatura_daemon" in (process / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(process.name))
            except OSError:  # it has ended, or is another user's
                continue
        return found

    def shut_down(self) -> None:
        wait_until(lambda: len(self.processes()) <= 1)  # one that comes late would take the free place
        try:
            with Client(folder=self.folder, launcher=Launcher(folder=self.folder, may_start=False)) as client:
                client.shutdown()
        except VelaturaError as error:
            assert error.info.code == "daemon_unreachable"  # it is gone already, or was never wanted
        wait_until(lambda: not self.processes())


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def daemon_command() -> str:
    """The value of the variable by which a launcher starts the real daemon with the test engine."""
    command = [sys.executable, "-m", "velatura_daemon", "run", "--engine", "paint_engine:create_engine"]
    return json.dumps(command)


@pytest.fixture
def real_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealDaemon]:
    """A state folder of its own and the environment that starts the real daemon there, with the test engine."""
    state = tmp_path / "state"
    monkeypatch.setenv("VELATURA_STATE", str(state))
    monkeypatch.setenv(COMMAND_VARIABLE, daemon_command())
    monkeypatch.setenv("PYTHONPATH", str(ENGINES))
    daemon = RealDaemon(state)
    yield daemon
    daemon.shut_down()


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    """The real daemon with the test engine, one for all tests of a module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        state = tmp_path_factory.mktemp("state")
        monkeypatch.setenv("VELATURA_STATE", str(state))
        monkeypatch.setenv(COMMAND_VARIABLE, daemon_command())
        monkeypatch.setenv("PYTHONPATH", str(ENGINES))
        daemon = RealDaemon(state)
        yield daemon
        daemon.shut_down()


class Ran:
    """What a command left: exit code and both outputs."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> dict:
        """Standard output, which must be one JSON object and nothing else."""
        assert len(self.out.splitlines()) == 1
        return json.loads(self.out)


@pytest.fixture
def velatura(shared_daemon, run_velatura: Callable[..., Ran]) -> Callable[..., Ran]:
    """Runs the command line in this process, with the module's daemon behind it."""
    return run_velatura


@pytest.fixture
def run_velatura(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs the command line in this process, with whatever daemon the environment names."""

    def velatura(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["velatura", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return velatura


RECIPE: dict[str, object] = {
    "velatura": "0.1.0",
    "recipe": 1,
    "seed": 42,
    "x": 0,
    "y": 0,
    "request": {
        "task": "img2img",
        "model": "pochade",
        "prompt": "a red fox, 森",
        "negative_prompt": "blur",
        "steps": 20,
        "sampler": "",
        "guidance_scale": 5.0,
        "strength": 0.6,
    },
    "report": {"sampler": "euler", "run_width": 128, "run_height": 96},
}


@pytest.fixture
def recipe() -> dict[str, object]:
    """A recipe as `velatura_client.recipe` makes it."""
    return RECIPE


@pytest.fixture
def error_code() -> Callable[..., str]:
    """Calls something that must raise a VelaturaError with a sentence, and returns its code."""

    def error_code(action: Callable[..., object], *arguments: object) -> str:
        with pytest.raises(VelaturaError) as caught:
            action(*arguments)
        assert caught.value.info.message.endswith(".")
        return caught.value.info.code

    return error_code


def claiming_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.fixture(name="claiming_png")
def claiming_png_fixture() -> Callable[[int, int], bytes]:
    """Makes PNGs of a few bytes that claim any size."""
    return claiming_png
