"""Finding and starting the daemon."""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from velatura_client.client import Client
from velatura_client.launcher import COMMAND_VARIABLE, INSTALLATION_FILE, Launcher, daemon_command
from velatura_client.session import make_hello
from velatura_protocol.connection import read_connection, write_connection
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import GetStatus

HELLO = make_hello("0" * 32, "test")


def error_of(launcher: Launcher) -> VelaturaError:
    with pytest.raises(VelaturaError) as caught:
        launcher.connect(HELLO)
    return caught.value


def test_starts_the_daemon_and_finds_it_again(real_daemon) -> None:
    """The first client starts it, the second finds the same one; it outlives both."""
    with Client(folder=real_daemon.folder) as client:
        first = client.status().pid
    with Client(folder=real_daemon.folder, launcher=Launcher(folder=real_daemon.folder, may_start=False)) as client:
        second = client.status().pid

    assert first == second
    assert first != os.getpid()


def test_two_that_start_at_once_end_with_one_daemon(real_daemon) -> None:
    """Launchers in six threads: one daemon."""
    pids: list[int] = []

    def connect() -> None:
        session = Launcher(folder=real_daemon.folder).connect(HELLO)
        pids.append(session.call(GetStatus()).body.pid)
        session.close()

    threads = [threading.Thread(target=connect) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pids) == 6
    assert len(set(pids)) == 1


def test_old_connection_file_of_a_dead_daemon(real_daemon) -> None:
    """A daemon that was killed leaves its file behind; the next client starts a new one."""
    with Client(folder=real_daemon.folder) as client:
        first = client.status().pid
    real_daemon.kill()
    assert read_connection(real_daemon.folder) is not None
    with Client(folder=real_daemon.folder) as client:
        second = client.status().pid

    assert first != second


def test_connection_file_that_is_garbage(real_daemon) -> None:
    """A damaged file counts as none."""
    real_daemon.folder.mkdir()
    (real_daemon.folder / "connection.json").write_text('{"endpoint": 5')

    with Client(folder=real_daemon.folder) as client:
        assert client.status().pid == real_daemon.pid


def test_port_taken_over_by_another_daemon(real_daemon, fake_daemon: Callable) -> None:
    """An old file whose port now belongs to a daemon with other keys: a new one is started."""
    stranger = fake_daemon()
    real_daemon.folder.mkdir()
    other = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"  # the example key of the ZeroMQ documentation
    write_connection(dataclasses.replace(stranger.connection, server_key=other), real_daemon.folder)

    with Client(folder=real_daemon.folder) as client:
        assert client.status().pid != os.getpid()


def test_nothing_is_started_when_only_looking(tmp_path: Path) -> None:
    """`may_start=False` says how to start one."""
    error = error_of(Launcher(folder=tmp_path, may_start=False))

    assert error.info.code == "daemon_unreachable"
    assert "velatura daemon start" in error.info.message
    assert list(tmp_path.iterdir()) == []


def test_refused_key_is_told_when_only_looking(tmp_path: Path, fake_daemon: Callable) -> None:
    """A daemon that does not know this key is named as such, not as missing."""
    daemon = fake_daemon()
    public, secret = zmq.curve_keypair()
    keys = {"client_public": public.decode(), "client_secret": secret.decode()}
    write_connection(dataclasses.replace(daemon.connection, **keys), tmp_path)

    assert error_of(Launcher(folder=tmp_path, may_start=False)).info.code == "daemon_refused_key"


def test_failed_start_quotes_what_the_daemon_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last lines of its error output stand in the message, those of an earlier failure do not."""
    (tmp_path / "start.log").write_text("an older fault\n")
    script = "import sys; print('no module named torch', file=sys.stderr); sys.exit(3)"
    monkeypatch.setenv(COMMAND_VARIABLE, json.dumps([sys.executable, "-c", script]))

    error = error_of(Launcher(folder=tmp_path))

    assert error.info.code == "daemon_unreachable"
    assert "no module named torch" in error.info.message
    assert "an older fault" not in error.info.message


def test_missing_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that does not exist is an error with a sentence."""
    monkeypatch.setenv(COMMAND_VARIABLE, json.dumps(["/nowhere/python"]))

    assert error_of(Launcher(folder=tmp_path)).info.code == "daemon_unreachable"


@pytest.mark.parametrize("text", ["python -m velatura_daemon", "[]", "[1]", "{}"])
def test_command_variable_that_is_no_list_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable must be a JSON list of texts."""
    monkeypatch.setenv(COMMAND_VARIABLE, text)

    with pytest.raises(VelaturaError, match=COMMAND_VARIABLE):
        daemon_command()


def test_installed_python_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`velatura.json` names the interpreter; one that is gone asks for a new installation."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    settings = tmp_path / "velatura.json"
    settings.write_text(json.dumps({"python": sys.executable}))
    assert daemon_command(settings) == ([sys.executable, "-m", "velatura_daemon", "run"], True)

    for broken in ('{"python": "/gone/python"}', "[]", "{", '{"python": 3}'):
        settings.write_text(broken)
        with pytest.raises(VelaturaError, match="Install the plug-in again"):
            daemon_command(settings, tmp_path / "state")


def test_plugin_without_settings_finds_the_installer_s_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that Krita's importer installed: by `installation.json` in the state folder, else it says what to do."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    monkeypatch.setattr("velatura_client.launcher.find_spec", lambda _name: None)
    gone, note = tmp_path / "velatura.json", tmp_path / INSTALLATION_FILE
    with pytest.raises(VelaturaError, match="python3 install setup"):
        daemon_command(gone, tmp_path)

    note.write_text(json.dumps({"python": sys.executable}))
    assert ([sys.executable, "-m", "velatura_daemon", "run"], True) == daemon_command(gone, tmp_path)

    gone.write_text(json.dumps({"python": "/moved/python"}))  # the note is the newer word
    assert ([sys.executable, "-m", "velatura_daemon", "run"], True) == daemon_command(gone, tmp_path)

    for broken in ('{"python": "/gone/python"}', "[]", "{", '{"python": 3}'):
        note.write_text(broken)
        with pytest.raises(VelaturaError, match="Install the plug-in again"):
            daemon_command(gone, tmp_path)


def test_this_interpreter_s_own_daemon_goes_before_the_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line of one environment never starts the daemon of another."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    (tmp_path / INSTALLATION_FILE).write_text(json.dumps({"python": "/bin/sh"}))
    assert ([sys.executable, "-m", "velatura_daemon", "run"], False) == daemon_command(tmp_path / "none", tmp_path)


def test_editor_variables_do_not_reach_the_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor's PYTHONHOME would break the daemon's own Python."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    monkeypatch.setenv("PYTHONHOME", "/editor/python")
    script = tmp_path / "python"
    script.write_text('#!/bin/sh\necho "home=[$PYTHONHOME] state=[$VELATURA_STATE] $@" >&2\nexit 7\n')
    script.chmod(0o755)
    settings = tmp_path / "velatura.json"
    settings.write_text(json.dumps({"python": str(script)}))
    state = tmp_path / "state"

    message = error_of(Launcher(folder=state, settings_file=settings)).info.message

    assert f"home=[] state=[{state}] -m velatura_daemon run" in message


def test_programs_that_start_at_once_end_with_one_daemon(real_daemon) -> None:
    """The same with processes, as when Krita and a shell start together."""
    script = "from velatura_client.client import Client\nwith Client() as client: print(client.status().pid)"
    programs = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {program.communicate(timeout=60)[0].strip() for program in programs}

    assert pids == {str(real_daemon.pid)}
