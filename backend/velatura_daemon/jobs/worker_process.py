"""One device's worker process: starting it, handing over its one-time keys, speaking to it, killing it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import zmq

from velatura_daemon.worker_protocol import Frame, WorkerConfiguration, WorkerMessage, encode
from velatura_protocol.codec import Plain, to_plain
from velatura_protocol.errors import ErrorInfo

from .job import Job

STARTING, IDLE, BUSY, STOPPED = "starting", "idle", "busy", "stopped"
#: Seconds before a worker is started again after the first, second ... death without a job done in between.
RESTART_DELAYS_S = (0.0, 0.5, 2.0, 10.0)
#: After so many deaths before it was ready, a worker stays stopped until a job is submitted.
MAX_FAILED_STARTS = 3
#: What a worker and its libraries print; begun anew above this size.
OUTPUT_BYTES = 2 << 20


class WorkerSocket(Protocol):
    """The supervisor's socket for workers, with the list of keys that may connect to it."""

    endpoint: str
    server_key: str

    def admit(self, public_key: bytes, name: str) -> None: ...

    def dismiss(self, public_key: bytes) -> None: ...

    def send(self, routing_id: str, frames: Sequence[Frame]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What every worker is started with, whatever its device."""

    engine: str
    threads: int
    model_folders: tuple[Path, ...]
    log_folder: Path


@dataclass
class WorkerProcess:
    """A device and the process that works on it at present; a dead process is replaced by the next generation.

    Attributes:
        on_exit: called from a waiting thread when a process has ended; may only wake the supervisor.
        description: what the engine said of device, memory and versions when it was ready.
        problem: why the last start failed.
        last_sign_at: monotonic seconds of the last sign of progress.
        kill_at: monotonic seconds at which a cancelled job is ended by killing, None if nothing was cancelled.
        hung: it was killed because it showed no sign of progress.
        start_at: monotonic seconds of the next start, None while it runs or is stopped.
    """

    name: str
    device: str
    settings: WorkerSettings
    socket: WorkerSocket
    on_exit: Callable[[], None]
    state: str = STOPPED
    job: Job | None = None
    description: dict[str, Plain] = field(default_factory=lambda: {})
    problem: ErrorInfo | None = None
    last_sign_at: float = 0.0
    kill_at: float | None = None
    hung: bool = False
    start_at: float | None = None
    deaths: int = 0
    failed_starts: int = 0
    _generation: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _public_key: bytes = b""

    @property
    def routing_id(self) -> str:
        """Differs for each process, so that late messages of a dead one are known as such."""
        return f"{self.name}.{self._generation}"

    @property
    def pid(self) -> int:
        """0 when there is no process."""
        return 0 if self._process is None else self._process.pid

    @property
    def has_exited(self) -> bool:
        """True from the death of a process until ``clear``."""
        return self._process is not None and self._process.returncode is not None

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    @property
    def resident_bytes(self) -> int:
        """Main memory of the process; 0 where the system has no /proc to tell."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        except OSError:
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def start(self, now: float) -> None:
        """Start the next process; it says ``Ready`` when its engine stands."""
        self._generation += 1
        public, secret = zmq.curve_keypair()
        self._public_key = public
        self.socket.admit(public, self.routing_id)
        configuration = WorkerConfiguration(
            endpoint=self.socket.endpoint,
            routing_id=self.routing_id,
            server_key=self.socket.server_key,
            public_key=public.decode(),
            secret_key=secret.decode(),
            engine=self.settings.engine,
            device=self.device,
            threads=self.settings.threads,
            model_folders=tuple(str(folder) for folder in self.settings.model_folders),
            log_file=str(self.settings.log_folder / f"{self.name}.log"),
        )
        with self._open_output() as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "velatura_daemon.worker"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        self._hand_over(json.dumps(to_plain(configuration)))
        threading.Thread(target=self._wait, args=(self._process,), name=f"wait-{self.routing_id}", daemon=True).start()
        self.state, self.start_at, self.last_sign_at, self.hung, self.kill_at = STARTING, None, now, False, None

    def send(self, message: WorkerMessage, blobs: tuple[bytes, ...] = ()) -> None:
        self.socket.send(self.routing_id, encode(message, blobs))

    def kill(self) -> None:
        """End the process for sure; its exit is noticed like any other."""
        if self._process is not None:
            self._process.kill()

    def clear(self) -> None:
        """Put a dead process away. Its key is good for nothing any more."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self.socket.dismiss(self._public_key)
        self._process, self.state, self.job, self.description = None, STOPPED, None, {}
        self.kill_at = self.start_at = None

    def stop(self) -> None:
        """Kill the process, wait until it is gone, and put it away. It holds nothing that a goodbye would save."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            self.clear()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        self.on_exit()

    def _hand_over(self, line: str) -> None:
        # the pipe stays open: its end tells the worker that this process is gone
        stdin: IO[bytes] | None = self._process.stdin if self._process is not None else None
        if stdin is not None:
            try:
                stdin.write(line.encode() + b"\n")
                stdin.flush()
            except BrokenPipeError:
                return  # it died at once, which the waiting thread reports

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        # threads that wait by spinning slow down everything else on the machine, and each other, many times over
        environment.setdefault("OMP_WAIT_POLICY", "passive")
        if self.settings.threads:
            # numeric libraries read this once, before any Python of ours runs
            environment["OMP_NUM_THREADS"] = environment["OPENBLAS_NUM_THREADS"] = str(self.settings.threads)
        return environment

    def _open_output(self) -> IO[bytes]:
        path = self.settings.log_folder / f"{self.name}.output.log"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        too_long = path.exists() and path.stat().st_size > OUTPUT_BYTES
        return path.open("wb" if too_long else "ab")
