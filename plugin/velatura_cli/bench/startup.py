"""How soon the daemon answers, what the client costs an editor at its start, and what an idle supervisor costs."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from velatura_client.client import Client
from velatura_client.launcher import Launcher, daemon_command
from velatura_client.session import make_hello
from velatura_protocol.connection import read_connection
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import GetStatus, Status

from .figures import machine, summary
from .own_daemon import end_daemon, own_daemon

_IDLE_WATCHED_S = 5.0
_ANSWER_WITHIN_S = 30.0
#: While a start is timed, and while nothing is timed yet.
_LOOK_EVERY_S, _WAIT_EVERY_S = 0.001, 0.1
_IMPORT = (
    "import time; began = time.perf_counter(); "
    "import velatura_client.actions, velatura_client.background, velatura_client.launcher; "
    "print((time.perf_counter() - began) * 1000)"
)


def run_startup(repeats: int = 5) -> dict[str, Any]:
    """Times in milliseconds, the supervisor's share of one core in percent (None where the system does not tell)."""
    answers = [_start_once() for _ in range(repeats)]
    imports = [float(subprocess.check_output([sys.executable, "-c", _IMPORT])) for _ in range(repeats)]
    with own_daemon() as folder:
        connection = read_connection(folder)
        _wait_until_idle(folder)
        idle = None if connection is None else _cpu_share(connection.pid)
    return {
        "benchmark": "startup",
        "unit": "ms",
        "machine": machine(),
        "process_start_to_hello_answered": summary([spent for spent, _worker in answers]),
        "worker_at_that_moment": sorted({worker for _spent, worker in answers}),
        "client_import": summary(imports),
        "supervisor_idle_percent_of_a_core": idle,
    }


def _start_once() -> tuple[float, str]:
    """Milliseconds from the start of the process to the answered hello, and what its worker did then."""
    command, _foreign = daemon_command()
    with tempfile.TemporaryDirectory(prefix="velatura-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        began = time.perf_counter()
        environment = {**os.environ, "VELATURA_STATE": name}
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(list(command), env=environment, stdout=quiet, stderr=quiet)
        try:
            while read_connection(folder) is None:
                if time.perf_counter() - began > _ANSWER_WITHIN_S or process.poll() is not None:
                    raise VelaturaError("daemon_unreachable", "The daemon did not start. Run: velatura doctor")
                time.sleep(_LOOK_EVERY_S)
            session = Launcher(folder=folder, may_start=False).connect(make_hello("0" * 32, "bench"))
            spent = (time.perf_counter() - began) * 1000
            status = session.call(GetStatus()).body
            session.close()
            end_daemon(folder)
        finally:
            process.terminate()
            process.wait()
    return spent, status.worker if isinstance(status, Status) else ""


def _wait_until_idle(folder: Path) -> None:
    """Return when the worker has started and the daemon has looked at its models, so that nothing is left to do."""
    deadline = time.perf_counter() + _ANSWER_WITHIN_S
    with Client(folder=folder, client_name="bench") as client:
        client.catalogue()
        while client.status().worker != "idle" and time.perf_counter() < deadline:
            time.sleep(_WAIT_EVERY_S)


def _cpu_share(pid: int) -> float | None:
    before = _cpu_seconds(pid)
    if before is None:
        return None
    time.sleep(_IDLE_WATCHED_S)
    after = _cpu_seconds(pid)
    return None if after is None else round(100 * (after - before) / _IDLE_WATCHED_S, 3)


def _cpu_seconds(pid: int) -> float | None:
    """Processor time of a process so far, from Linux' /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
