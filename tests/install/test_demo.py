"""The demo leaves no process behind, whatever becomes of its steps. The whole demo itself runs in .ci/run."""

import sys
from pathlib import Path

import psutil
import pytest

from install import demo
from install.demo import Program
from install.environment import Environment
from install.problems import InstallError
from velatura_cli.krita_places import this_host

#: Stands in for the command line: its daemon is a process that waits on its input, and ends only when it obeys.
FAKE_COMMAND = """\
#!{python}
import os, pathlib, signal, subprocess, sys
state = pathlib.Path(os.environ["VELATURA_STATE"])
if sys.argv[1:3] == ["daemon", "start"]:
    daemon = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], stdout=subprocess.DEVNULL)
    (state / "pid").write_text(str(daemon.pid))
elif sys.argv[1:3] == ["daemon", "stop"] and {obeys}:
    os.kill(int((state / "pid").read_text()), signal.SIGTERM)
elif sys.argv[1] == "generate":
    sys.exit("no paint left")
print("{{}}")
"""


@pytest.fixture
def program_of(repository, tmp_path):
    """``program_of(obeys)``: a program whose daemon ends when told, or does not."""

    def make(obeys: bool) -> Program:
        venv = tmp_path / "venv"
        (venv / "bin").mkdir(parents=True)
        texts = {
            "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
            "velatura": FAKE_COMMAND.format(python=sys.executable, obeys=obeys),
        }
        for name, text in texts.items():
            (venv / "bin" / name).write_text(text)
            (venv / "bin" / name).chmod(0o755)
        state = tmp_path / "state"
        state.mkdir()
        return Program(Environment(this_host(), repository, venv), state)

    return make


def is_alive(folder: Path) -> bool:
    """Whether the stand-in daemon that was started for ``folder`` still runs."""
    pid = int((folder / "state" / "pid").read_text())
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_daemon_is_stopped(program_of, tmp_path):
    """A daemon that ends when told is gone when stopping returns."""
    program = program_of(obeys=True)
    program.call("daemon", "start")
    assert is_alive(tmp_path)
    program.stop()
    assert not is_alive(tmp_path)


def test_process_that_stays_is_ended_and_told(program_of, tmp_path, monkeypatch):
    """A process that is left is ended by force, and the demo counts as failed."""
    monkeypatch.setattr(demo, "END_WITHIN_S", 0.0)
    program = program_of(obeys=False)
    program.call("daemon", "start")
    with pytest.raises(InstallError, match="left processes behind"):
        program.stop()
    assert not is_alive(tmp_path)


def test_step_that_fails_says_where_the_logs_are(program_of, tmp_path, capfd):
    """The command line's own reason reaches the person, with the folder of the logs after it."""
    program = program_of(obeys=True)
    with pytest.raises(InstallError, match=f"logs are in {tmp_path / 'state'}"):
        program.call("generate", "--prompt", "a cat")
    assert "no paint left" in capfd.readouterr().err
