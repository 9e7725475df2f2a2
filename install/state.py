"""The state folder of this user's daemon, and the installer's note in it: which Python runs the daemon.

A plug-in that Krita's importer has installed knows nothing else of this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from install.environment import Environment
from install.pip import clean_environment
from install.problems import InstallError

#: As ``velatura_client.launcher`` reads it.
NOTE_NAME = "installation.json"


def state_folder(environment: Environment) -> Path:
    """Where the daemon keeps its state: the protocol package knows, and needs nothing but Python to say so."""
    question = "from velatura_protocol.connection import state_folder; print(state_folder())"
    variables = {**clean_environment(os.environ), "PYTHONPATH": str(environment.repository / "protocol")}
    answer = subprocess.run([sys.executable, "-c", question], env=variables, capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip())


def leave_note(environment: Environment) -> None:
    """Say where the environment is. Raises InstallError where the state folder cannot be written."""
    folder = state_folder(environment)
    note = folder / NOTE_NAME
    partial = note.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.touch(mode=0o600)  # nobody else shall name the program that is started
        partial.write_text(json.dumps({"python": str(environment.python)}, indent=1) + "\n", encoding="utf-8")
        partial.replace(note)
    except OSError as problem:
        raise InstallError(
            f"{problem.filename} could not be written ({problem.strerror}). Make {folder} writable, then start again."
        ) from problem


def take_note_away(environment: Environment) -> list[Path]:
    """Undo ``leave_note``; the note of another environment stays. Returns what was removed."""
    folder = state_folder(environment)
    note = folder / NOTE_NAME
    try:
        named = json.loads(note.read_text(encoding="utf-8")).get("python")
    except (OSError, ValueError, AttributeError):
        return []
    if named != str(environment.python):
        return []
    note.unlink()
    if any(folder.iterdir()):
        return [note]
    folder.rmdir()
    return [note, folder]
