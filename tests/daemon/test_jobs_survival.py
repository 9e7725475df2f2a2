"""Nothing accepted is lost: the daemon killed, its worker killed, hung or broken, the disk full, the journal spoilt."""

import os
import resource
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from velatura_daemon.spool import Spool
from velatura_protocol.messages import STAGES, Cancel, Fetch, Forget, ListJobs, Submit


def test_the_daemon_killed_while_jobs_run_and_wait(
    start_daemon: Any, commanded: Any, copy_request: Any, gate: Path
) -> None:
    """After kill -9 and a new start the unfetched result is there, and the running and the waiting job end well."""
    daemon = start_daemon()
    client = daemon.greet()
    request, pixels = copy_request(100, 80)
    finished = client.run(request, [pixels]).body.job
    running = client.submit(commanded(do="wait", gate=gate))
    client.wait_for_stage(running, "denoising")
    waiting = client.submit(request, [pixels])
    session = daemon.connection.session
    daemon.kill()

    daemon.start()
    assert session != daemon.connection.session
    back = daemon.greet(client.client_id)
    states = {known.job: known.state for known in back.ask(ListJobs()).jobs}
    assert [finished, running, waiting] == list(states)
    assert pixels == back.ask_for_envelope(Fetch(finished)).blobs[0]
    gate.touch()
    for job in (running, waiting):
        back.watch(job)
        assert "succeeded" == back.wait_for_end(job).state
    assert pixels == back.ask_for_envelope(Fetch(waiting)).blobs[0]


def test_a_job_that_was_begun_twice_is_not_begun_again(start_daemon: Any, commanded: Any, gate: Path) -> None:
    """A job that takes the whole daemon down with it fails after the second time, not again at every start."""
    daemon = start_daemon()
    client_id = uuid.uuid4().hex
    job = daemon.greet(client_id).submit(commanded(do="wait", gate=gate))
    for _ in range(2):
        client = daemon.greet(client_id)
        client.watch(job)
        client.wait_for_stage(job, "denoising")
        daemon.kill()
        daemon.start()
    state = daemon.greet(client_id).watch(job)
    assert ("failed", "worker_died") == (state.state, state.error.code)


def test_a_cancelled_job_stays_cancelled_after_a_kill(start_daemon: Any, commanded: Any, gate: Path) -> None:
    """A cancel that was answered holds, also when the daemon is killed before the worker has let go."""
    daemon = start_daemon()
    client = daemon.greet()
    job = client.submit(commanded(do="deaf", gate=gate))
    client.wait_for_stage(job, "denoising")
    client.ask(Cancel(job))
    daemon.kill()
    daemon.start()
    assert "cancelled" == daemon.greet(client.client_id).watch(job).state


def test_half_written_pixels_are_swept_at_the_next_start(start_daemon: Any, wait: Any) -> None:
    """Pixels of a submit that was never accepted, because the daemon was killed in the middle, do not stay."""
    daemon = start_daemon()
    daemon.kill()
    Spool.make_in(daemon.state).write_inputs("e" * 32, [b"half"])
    daemon.start()
    wait(lambda: daemon.spooled() == [], "the sweeping")


@pytest.mark.parametrize("stage", STAGES)
def test_the_worker_killed_at_each_stage(
    shared_daemon: Any, client: Any, commanded: Any, tmp_path: Path, stage: str
) -> None:
    """The job is begun again in a new worker and succeeds; the client sees it wait and run once more."""
    pids = shared_daemon.worker_pids(client)
    job = client.submit(commanded(do="die", at=stage, marker=tmp_path / "died"))
    states = client.states_until(job, lambda state: state.state == "succeeded")
    first_run = [state.stage for state in states if state.state == "running" and state.stage]
    assert stage in first_run
    assert "queued" in [state.state for state in states[1:]]
    assert pids != shared_daemon.worker_pids(client)


def test_a_job_that_kills_every_worker_fails(client: Any, commanded: Any) -> None:
    """After two workers have died of it, it fails with a sentence for the painter, and the next job runs."""
    job = client.submit(commanded(do="die"))
    state = client.wait_for_end(job)
    assert ("failed", "worker_died") == (state.state, state.error.code)
    assert "denoising" != state.stage
    client.run(commanded())


def test_a_worker_killed_while_idle_is_replaced(shared_daemon: Any, client: Any, commanded: Any, wait: Any) -> None:
    """As by the system when memory runs out."""
    pids = shared_daemon.worker_pids(client)
    os.kill(pids[0], 9)
    wait(lambda: shared_daemon.worker_pids(client) != pids, "another worker")
    client.run(commanded())


def test_cancel_in_a_phase_that_cannot_be_interrupted(
    start_daemon: Any, commanded: Any, is_alive: Any, gate: Path
) -> None:
    """After the grace time the worker is killed and replaced; the job is cancelled, and the next one runs."""
    daemon = start_daemon(cancel_grace_s=0.2)
    client = daemon.greet()
    pids = daemon.worker_pids(client)
    job = client.submit(commanded(do="deaf", gate=gate))
    client.wait_for_stage(job, "denoising")
    assert "running" == client.ask(Cancel(job)).state
    assert "cancelled" == client.wait_for_end(job).state
    assert not is_alive(pids[0])
    client.run(commanded())


def test_a_hanging_worker_is_killed(start_daemon: Any, commanded: Any, is_alive: Any, gate: Path) -> None:
    """Without any sign of progress the job fails as hung and is not begun again; another worker takes over."""
    daemon = start_daemon(hang_after_s=0.5)
    client = daemon.greet()
    pids = daemon.worker_pids(client)
    job = client.submit(commanded(do="deaf", gate=gate))
    state = client.wait_for_end(job)
    assert ("failed", "worker_hung") == (state.state, state.error.code)
    assert not is_alive(pids[0])
    assert pids != daemon.worker_pids(client)


def test_an_engine_that_cannot_be_made(start_daemon: Any, commanded: Any, wait: Any, gate: Path) -> None:
    """Jobs fail with the reason instead of waiting for ever; once it is mended, the next submit works."""
    daemon = start_daemon(engine="create_if_mended", environment={"TEST_ENGINE_GATE": str(gate)})
    client = daemon.greet()
    state = client.wait_for_end(client.submit(commanded()))
    assert ("failed", "worker_died") == (state.state, state.error.code)
    assert "libsomething.so is missing" in state.error.message
    assert state.error.log in [line.get("log") for line in daemon.log_lines("worker-1.log")]
    wait(lambda: client.status().worker == "stopped", "the last attempt's end")
    assert "libsomething.so is missing" in client.status().details["workers"][0]["problem"]
    gate.touch()
    client.run(commanded())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB; skipped where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system of limited size: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_while_spooling(start_daemon: Any, copy_request: Any, small_disk: Path) -> None:
    """The job is refused with the reason, nothing half-written stays, and smaller jobs still go through."""
    daemon = start_daemon(state=small_disk)
    client = daemon.greet()
    large, large_pixels = copy_request(600, 600)
    for _ in range(2):
        error = client.refused(Submit(uuid.uuid4().hex, large), [large_pixels])
        assert ("disk_full", "machine", True) == (error.code, error.family, error.retry)
        assert [] == daemon.spooled()
    assert () == client.ask(ListJobs()).jobs
    small, small_pixels = copy_request(20, 20)
    assert small_pixels == client.run(small, [small_pixels]).blobs[0]
    daemon.close()


def test_a_full_disk_while_storing_the_result(start_daemon: Any, copy_request: Any, small_disk: Path) -> None:
    """The pixels came in, but the result does not fit beside them: the job fails, its space is free again."""
    daemon = start_daemon(state=small_disk)
    client = daemon.greet()
    request, pixels = copy_request(380, 380)
    for _ in range(2):
        job = client.submit(request, [pixels])
        state = client.wait_for_end(job)
        assert ("failed", "disk_full") == (state.state, state.error.code)
        client.ask(Forget(job))
    daemon.close()


def test_a_limit_on_file_size_counts_as_a_full_disk(start_daemon: Any, copy_request: Any) -> None:
    """As with quotas: the write fails in the middle of a file; once the limit is lifted, the same job goes through."""
    daemon = start_daemon()
    client = daemon.greet()
    daemon.worker_pids(client)
    request, pixels = copy_request(600, 600)
    pid = daemon.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 20, hard))
    job = uuid.uuid4().hex
    assert "disk_full" == client.refused(Submit(job, request), [pixels]).code
    assert [] == daemon.spooled()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert job == client.ask(Submit(job, request), [pixels]).job
    client.watch(job)
    assert "succeeded" == client.wait_for_end(job).state


def test_an_unreadable_journal_is_set_aside(start_daemon: Any, commanded: Any) -> None:
    """A spoilt file does not keep the daemon from starting, and is kept for whoever wants to look at it."""
    daemon = start_daemon()
    daemon.stop()
    journal = daemon.state / "journal.sqlite"
    journal.write_bytes(b"this is no database " * 500)
    daemon.start()
    daemon.greet().run(commanded())
    assert b"this is no database" in (daemon.state / "journal.sqlite.unreadable").read_bytes()
