"""``python3 install remove``: takes away what the installer put on the machine, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from install import krita
from install.console import Console
from install.demo import OUTPUT_NAME
from install.environment import Environment
from install.pip import clean_environment
from install.platforms import venv_program
from install.problems import InstallError
from install.state import state_folder, take_note_away
from velatura_cli.krita_places import krita_places, with_chosen_folder

STOP_TIMEOUT_S = 30.0
#: Stands in the state folder while a daemon runs.
CONNECTION_NAME = "connection.json"


def run(environment: Environment, console: Console, *, everything: bool, dry_run: bool) -> int:
    """Remove the plug-in and the environment; with ``everything`` the daemon's state and the demo's pictures too."""
    if Path(sys.prefix).resolve() == environment.folder.resolve():
        raise InstallError(
            "This Python belongs to the environment that is to be removed. Use the system's: python3 install remove"
        )
    places = [with_chosen_folder(place) for place in krita_places(environment.host)]
    state = state_folder(environment)
    folders = [environment.folder] if environment.read_stamp() is not None else []
    if everything:
        folders += [folder for folder in (state, environment.repository / OUTPUT_NAME) if folder.exists()]
    if dry_run:
        plugins = [place.resources / "pykrita" / krita.PLUGIN for place in places]
        _list(console, "Would remove", [path for path in plugins if path.exists()] + folders)
        return 0
    if folders:
        _stop_daemon(environment, state)
    removed = [path for place in places for path in krita.remove_plugin(place)]
    removed += take_note_away(environment)
    folders = [folder for folder in folders if folder.exists()]
    for folder in folders:
        console.progress(f"deleting {folder}")
        shutil.rmtree(folder)
    _list(console, "Removed", removed + folders)
    if not everything:
        console.say(
            "The daemon's state was kept (queue, results, logs); remove --all takes it too. "
            "Your pictures are never touched."
        )
    return 0


def _list(console: Console, heading: str, paths: list[Path]) -> None:
    if not paths:
        console.say("Nothing of Velatura's is there.")
        return
    console.say(f"{heading}:")
    for path in paths:
        console.say(f"    {path}")


def _stop_daemon(environment: Environment, state: Path) -> None:
    """End the user's daemon, which runs from the environment. It is no fault when none is running."""
    program = venv_program(environment.host, environment.folder, "velatura")
    if not program.exists() or not (state / CONNECTION_NAME).exists():
        return
    try:
        subprocess.run(
            [str(program), "daemon", "stop"],
            env=clean_environment(os.environ),
            capture_output=True,
            timeout=STOP_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InstallError(
            "The daemon did not stop. End it (its number is in connection.json) and start again."
        ) from problem
