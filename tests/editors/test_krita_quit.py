"""Real Krita is quit while a job runs."""

import time
from pathlib import Path

import pytest
from krita_harness.gated_daemon import gated_daemon

from velatura_client.identity import client_id
from velatura_client.launcher import Launcher
from velatura_client.session import make_hello
from velatura_protocol.messages import Fetch, ListJobs

pytestmark = pytest.mark.krita


def test_quit_while_a_job_runs(start_krita, tmp_path):
    """Krita ends without hanging or crashing, the daemon goes on with the job, and its result can be fetched later."""
    gate = tmp_path / "open"
    session = start_krita(**gated_daemon(gate))
    outcome = session.run("quit.py")
    ended = time.time()
    assert (outcome.error, outcome.exit_code) == ("", 0)
    print({"seconds from the script's end to Krita's": round(ended - outcome.values["quit at"], 2)})
    assert 2 == len(outcome.left), outcome.left
    assert_result_waits(session.state, gate)


def test_quit_with_questions(start_krita, tmp_path):
    """While Krita asks whether to save, one picture after the other, nothing is taken for the end of a job."""
    gate = tmp_path / "open"
    session = start_krita(**gated_daemon(gate))
    outcome = session.run("quit_unsaved.py", timeout_s=100)
    assert (outcome.error, outcome.exit_code) == ("", 0)
    assert [[], []] == [outcome.values["ended at question 1"], outcome.values["ended at question 2"]]
    assert_result_waits(session.state, gate)


def assert_result_waits(state: Path, gate: Path) -> None:
    """Let the job end; its result can be fetched by the next Krita."""
    gate.touch()
    launcher = Launcher(folder=state, may_start=False)
    connection = launcher.connect(make_hello(client_id(state, "krita"), "krita"))
    try:
        deadline = time.monotonic() + 30
        while (jobs := connection.call(ListJobs()).body.jobs) and jobs[0].state != "succeeded":
            assert time.monotonic() < deadline, jobs
            time.sleep(0.05)
        assert ["a quince"] == [job.label for job in jobs]
        result = connection.call(Fetch(jobs[0].job))
    finally:
        connection.close()
    assert "a quince" == result.body.request.prompt
    assert [image.image.byte_count for image in result.body.patches] == [len(blob) for blob in result.blobs]
