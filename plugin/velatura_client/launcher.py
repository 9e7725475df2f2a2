"""Finds the daemon of this user, or starts it. For a thread that may wait.

Any number of launchers may start one at the same time: the daemon holds a lock, and all end up with the same one.
"""

import json
import os
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, cast

from velatura_protocol.connection import Connection, read_connection, state_folder
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Hello

from .session import Session
from .transport import Transport, ZeroMqTransport

COMMAND_VARIABLE = "VELATURA_DAEMON_COMMAND"
#: Written by the installer beside the plug-in: ``{"python": "/path/to/venv/bin/python"}``.
SETTINGS_FILE = "velatura.json"
#: The same in the state folder: for a plug-in that Krita's own importer has installed, which has no such file.
INSTALLATION_FILE = "installation.json"
START_LOG = "start.log"
#: Where the daemon's error output since its start stands longer than this, it begins anew.
START_LOG_BYTES = 1 << 20
#: A living daemon answers hello within milliseconds; a busy machine may need longer.
HELLO_DEADLINE_S = 3.0
START_DEADLINE_S = 60.0
_POLL_S = 0.05
_SPAWN_AGAIN_S = 1.0
#: Variables by which an editor's bundled Python would lead another interpreter astray.
_EDITOR_VARIABLES = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")
_APPIMAGE_VARIABLES = ("LD_LIBRARY_PATH", "LD_PRELOAD")


def daemon_command(settings_file: Optional[Path] = None, folder: Optional[Path] = None) -> Tuple[Sequence[str], bool]:
    """The command that runs the daemon, and whether it belongs to another interpreter than this one.

    ``settings_file``: the installer's ``velatura.json``, None = beside this package. ``folder``: the state folder, None
    = this user's.

    Raises:
        VelaturaError: ``daemon_unreachable`` when no way to start one is known.
    """
    text = os.environ.get(COMMAND_VARIABLE)
    if text:
        command = _json_or_none(text)
        if isinstance(command, list) and command and all(isinstance(part, str) for part in cast("List[Any]", command)):
            return cast("List[str]", command), False
        raise VelaturaError("daemon_unreachable", f'{COMMAND_VARIABLE} must be a JSON list such as ["python", ...].')
    beside = settings_file or Path(__file__).resolve().parent.parent / SETTINGS_FILE
    python = _python_in(beside)
    if python is None and not beside.is_file() and find_spec("velatura_daemon") is not None:
        return [sys.executable, "-m", "velatura_daemon", "run"], False
    python = python or _python_in((folder or state_folder()) / INSTALLATION_FILE)
    if python is not None:
        return [python, "-m", "velatura_daemon", "run"], True
    if beside.is_file():
        raise VelaturaError(
            "daemon_unreachable", f"{beside} does not name the daemon's Python. Install the plug-in again."
        )
    raise VelaturaError(
        "daemon_unreachable",
        "Velatura's daemon, which makes the pictures, is not installed for you on this machine, or it was moved. "
        "Get Velatura, and run in its folder: python3 install setup",
    )


def _python_in(path: Path) -> Optional[str]:
    """The interpreter that a file of the installer names; None where there is no such file or no such interpreter."""
    try:
        settings = _json_or_none(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    python = cast("Dict[str, Any]", settings).get("python") if isinstance(settings, dict) else None
    return python if isinstance(python, str) and Path(python).is_file() else None


class Launcher:
    """``connect`` gives a greeted session with the daemon of ``folder``."""

    def __init__(
        self,
        *,
        folder: Optional[Path] = None,
        settings_file: Optional[Path] = None,
        may_start: bool = True,
        open_transport: Callable[[Connection], Transport] = ZeroMqTransport,
    ) -> None:
        """``folder``: state folder, None = this user's. ``may_start`` False: only find a daemon that runs.

        ``may_start`` may be changed later, from any thread.
        """
        self._folder = folder or state_folder()
        self._settings_file = settings_file
        self.may_start = may_start
        self._open_transport = open_transport

    def connect(self, hello: Hello, give_up: Callable[[], bool] = lambda: False) -> Session:
        """Find or start the daemon.

        Raises:
            VelaturaError: ``version_mismatch``, ``daemon_unreachable``, ``daemon_refused_key``.
        """
        connection = read_connection(self._folder)
        fault: Optional[VelaturaError] = None
        if connection is not None:
            try:
                return self._greet(connection, hello, give_up)
            except VelaturaError as error:
                if error.info.code == "version_mismatch":
                    raise
                fault = error
        if not self.may_start:
            if fault is not None and fault.info.code == "daemon_refused_key":
                raise fault
            raise VelaturaError("daemon_unreachable", "No daemon runs. Start it with: velatura daemon start")
        return self._start(hello, give_up)

    def _greet(self, connection: Connection, hello: Hello, give_up: Callable[[], bool]) -> Session:
        session = Session(self._open_transport(connection))
        try:
            session.greet(hello, HELLO_DEADLINE_S, give_up)
        except BaseException:
            session.close()
            raise
        return session

    def _start(self, hello: Hello, give_up: Callable[[], bool]) -> Session:
        command, foreign = daemon_command(self._settings_file, self._folder)
        log = _StartLog(self._folder)
        deadline = time.monotonic() + START_DEADLINE_S
        process, spawned = self._spawn(command, foreign, log), time.monotonic()
        fault: Optional[VelaturaError] = None
        while time.monotonic() < deadline and not give_up():
            exit_code = process.poll()
            if exit_code is not None and exit_code != 0:
                raise VelaturaError("daemon_unreachable", f"The daemon did not start: {log.last_lines()}")
            connection = read_connection(self._folder)
            if connection is not None:
                try:
                    return self._greet(connection, hello, give_up)
                except VelaturaError as error:  # the file of a dead daemon, until ours has written its own
                    if error.info.code == "version_mismatch":
                        raise
                    fault = error
            if exit_code == 0 and time.monotonic() - spawned > _SPAWN_AGAIN_S:
                # another daemon holds the lock: it is starting, and will write its file, or ending, and ours is next
                process, spawned = self._spawn(command, foreign, log), time.monotonic()
            time.sleep(_POLL_S)
        if fault is not None and fault.info.code == "daemon_refused_key":
            raise fault
        raise VelaturaError(
            "daemon_unreachable", f"The daemon does not answer after its start: {log.last_lines()}", retry=True
        )

    def _spawn(self, command: Sequence[str], foreign: bool, log: "_StartLog") -> "subprocess.Popen[Any]":
        environment = dict(os.environ)
        misleading = _EDITOR_VARIABLES if foreign else ()
        if "APPIMAGE" in environment:
            misleading += _APPIMAGE_VARIABLES
        for variable in misleading:
            environment.pop(variable, None)
        environment["VELATURA_STATE"] = str(self._folder)
        options: Dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
        try:
            with log.open() as stream:
                process: subprocess.Popen[Any] = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    env=environment,
                    cwd=str(self._folder),
                    **options,
                )
        except OSError as error:
            raise VelaturaError(
                "daemon_unreachable", f"The daemon cannot be started ({error}). Install it again."
            ) from None
        # it outlives this program; while this program lives, somebody must collect its exit code
        threading.Thread(target=process.wait, name="velatura-daemon-exit", daemon=True).start()
        return process


class _StartLog:
    """What daemons wrote to their error output, and from where on this start's lines stand."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / START_LOG
        if self._size() > START_LOG_BYTES:
            self._path.unlink()
        self._begin = self._size()

    def open(self) -> Any:
        return self._path.open("ab")

    def last_lines(self) -> str:
        """The end of what this start said, as one sentence."""
        with self._path.open("rb") as stream:
            stream.seek(self._begin)
            lines = stream.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        said = " / ".join(line.strip() for line in lines[-3:] if line.strip())
        return f"{said or 'it said nothing'} (more in {self._path})"

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
