"""The daemon as a process: one for each state folder, ended without remains, and no torch in it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from velatura_protocol.connection import Connection, read_connection, write_connection
from velatura_protocol.messages import Fetch, Forget, GetCatalogue, Plan, Shutdown

_RUN_AND_TELL_MODULES = """
import json, sys
from velatura_daemon.__main__ import main
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as stream:
    json.dump(sorted(sys.modules), stream)
sys.exit(code)
"""


def test_the_supervisor_imports_no_torch_and_no_numpy(start_daemon: Any, tmp_path: Path, copy_request: Any) -> None:
    """After all that it does in a life (catalogue, plan, a job, its result, logs) it holds none of the heavy ones."""
    told = tmp_path / "modules.json"
    daemon = start_daemon(
        command=[
            *(sys.executable, "-c", _RUN_AND_TELL_MODULES, str(told)),
            *("run", "--engine", "commanded_engine:create"),
        ]
    )
    client = daemon.greet()
    model = client.ask(GetCatalogue()).models[0].id
    client.ask(Plan("txt2img", model, 64, 64))
    request, pixels = copy_request()
    result = client.run(request, [pixels])
    client.ask(Forget(result.body.job))
    client.ask(Shutdown())
    assert 0 == daemon.wait()
    modules = set(json.loads(told.read_text()))
    assert {"velatura_daemon.server.supervisor", "velatura_daemon.planning.plan", "structlog"} <= modules
    heavy = {"torch", "numpy", "cv2", "PIL", "diffusers", "transformers", "velatura_daemon.worker"}
    assert set() == heavy & modules


def test_start_twice_finds_the_first(start_daemon: Any) -> None:
    """The second start says so, ends with 0 and changes nothing; clients go on with the first."""
    daemon = start_daemon()
    client = daemon.greet()
    before = daemon.connection
    second = daemon.launch(stdout=subprocess.PIPE)
    said, _ = second.communicate(timeout=60)
    assert 0 == second.returncode
    assert f"already running (pid {daemon.process.pid}" in said.decode()
    assert before == daemon.connection
    assert before.pid == client.status().pid


def test_two_starts_at_once_end_with_one_daemon(start_daemon: Any, wait: Any) -> None:
    """Whoever is first, exactly one serves and the others go."""
    daemon = start_daemon()
    daemon.kill()
    rivals = [daemon.launch() for _ in range(3)]
    try:
        wait(lambda: sum(rival.poll() is not None for rival in rivals) == 2, "two of three to give way")
        winner = next(rival for rival in rivals if rival.returncode is None)
        wait(lambda: daemon.connection.pid == winner.pid, "the winner's connection file")
        assert winner.pid == daemon.greet().status().pid
    finally:
        for rival in rivals:
            rival.terminate()
            rival.wait(60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_leaves_no_process_and_no_connection_file(start_daemon: Any, is_alive: Any, number: int) -> None:
    """A service manager's or a terminal's signal ends daemon and worker; the lock is free again."""
    daemon = start_daemon()
    pids = daemon.worker_pids(daemon.greet())
    daemon.process.send_signal(number)
    assert 0 == daemon.wait()
    assert [False] == [is_alive(pid) for pid in pids]
    assert None is read_connection(daemon.state)
    assert daemon.start().pid == daemon.greet().status().pid


def test_stop_ends_a_worker_that_does_not_listen(start_daemon: Any, is_alive: Any, commanded: Any, gate: Path) -> None:
    """Also in a phase that cannot be interrupted nothing stays, and the job waits for the next start."""
    daemon = start_daemon()
    client = daemon.greet()
    job = client.submit(commanded(do="deaf", gate=gate))
    client.wait_for_stage(job, "denoising")
    pids = daemon.worker_pids(client)
    assert 0 == daemon.stop()
    assert [False] == [is_alive(pid) for pid in pids]
    gate.touch()
    daemon.start()
    again = daemon.greet(client.client_id)
    again.watch(job)
    assert "succeeded" == again.wait_for_end(job).state


def test_a_killed_daemon_leaves_no_worker(start_daemon: Any, is_alive: Any, wait: Any) -> None:
    """The worker ends when its parent is gone, so that it does not keep the graphics memory."""
    daemon = start_daemon()
    pids = daemon.worker_pids(daemon.greet())
    daemon.kill()
    wait(lambda: not any(is_alive(pid) for pid in pids), "the orphan's end")


def test_a_stale_connection_file_is_replaced(start_daemon: Any, tmp_path: Path) -> None:
    """The file of a daemon that was killed, with a dead address, does not keep the next one from starting."""
    state = tmp_path / "state"
    stale = Connection("tcp://127.0.0.1:9", "k" * 40, "k" * 40, "k" * 40, 2**22 - 1, "old", 1, 0, "0.0.1")
    write_connection(stale, state)
    daemon = start_daemon(state=state)
    assert daemon.process.pid == daemon.greet().status().pid


def test_a_killed_daemons_keys_are_worth_nothing(start_daemon: Any) -> None:
    """Each start makes new keys; with those of an old connection file nobody gets in."""
    daemon = start_daemon()
    old = daemon.connection
    daemon.kill()
    daemon.start()
    for name in ("server_key", "client_secret", "session", "endpoint"):
        assert getattr(old, name) != getattr(daemon.connection, name)


def test_each_device_has_a_worker_of_its_own(start_daemon: Any, commanded: Any, gate: Path) -> None:
    """With two devices two jobs run at the same time."""
    daemon = start_daemon("--device", "first", "--device", "second")
    client = daemon.greet()
    assert 2 == len(set(daemon.worker_pids(client)))
    assert ["first", "second"] == [worker["device"] for worker in client.status().details["workers"]]
    jobs = [client.submit(commanded(do="wait", gate=gate)) for _ in range(2)]
    for job in jobs:
        client.watch(job)
        client.wait_for_stage(job, "denoising")
    assert 2 == client.status().running
    gate.touch()
    for job in jobs:
        client.watch(job)
        assert "succeeded" == client.wait_for_end(job).state


def test_files_are_private(start_daemon: Any, commanded: Any) -> None:
    """No other user reads journal, spool or logs, whatever the umask that the daemon was started with."""
    daemon = start_daemon()
    client = daemon.greet()
    client.run(commanded())
    daemon.stop()
    for path in (daemon.state, *daemon.state.rglob("*")):
        assert 0 == path.stat().st_mode & 0o077, path


def test_log_lines_about_a_job_carry_its_id(start_daemon: Any, commanded: Any) -> None:
    """From acceptance to the end, in the daemon's and in the worker's log; the client's secret id is in neither."""
    daemon = start_daemon()
    client = daemon.greet()
    job = client.submit(commanded(do="stumble"))
    error = client.wait_for_end(job).error
    client.ask(Fetch(job))
    daemon.stop()
    events = [line["event"] for line in daemon.log_lines() if line.get("job") == job]
    assert ["job accepted", "job ended"] == events
    worker_lines = [line for line in daemon.log_lines("worker-1.log") if line.get("job") == job]
    assert [error.log] == [line["log"] for line in worker_lines]
    assert "the secret reason" in worker_lines[0]["exception"]
    logs = "".join(path.read_text() for path in (daemon.state / "logs").iterdir())
    assert client.client_id not in logs


def test_bad_settings_are_named(tmp_path: Path) -> None:
    """A setting that cannot be read ends the start with a sentence, not with a traceback."""
    environment = {**os.environ, "VELATURA_STATE": str(tmp_path), "VELATURA_QUEUE_LIMIT": "many"}
    command = [sys.executable, "-m", "velatura_daemon", "run"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert 2 == ended.returncode
    assert "VELATURA_QUEUE_LIMIT must be a whole number, not 'many'.\n" == ended.stderr
