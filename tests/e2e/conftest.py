"""A daemon of its own for the end-to-end tests: the real command line, sockets, worker process and embedded model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HARBOUR = REPOSITORY / "examples" / "harbour.ora"
SELECTION = REPOSITORY / "examples" / "selection.png"


@dataclass(frozen=True)
class CommandLine:
    """Runs ``velatura`` with a state folder of its own."""

    state: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "VELATURA_STATE": str(self.state), "OMP_NUM_THREADS": "1", "VELATURA_THREADS": "1"}

    def run(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "velatura_cli", *(str(argument) for argument in arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=240, check=False, env=self.environment, encoding="utf-8"
        )

    def json(self, *arguments: object) -> Any:
        """What a command that must succeed prints with ``--json``."""
        done = self.run(*arguments, "--json")
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def velatura(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line; the daemon that it starts is ended afterwards, and that is checked."""
    command_line = CommandLine(tmp_path_factory.mktemp("state"))
    yield command_line
    command_line.run("daemon", "stop")
    assert _processes_of(command_line.state) == []


@pytest.fixture
def generate(velatura: CommandLine) -> Callable[..., Any]:
    """``generate("a cat", out=..., steps=4)``: runs it and returns the report."""

    def run(prompt: str, *flags: object, **options: object) -> Any:
        named = [part for name, value in options.items() for part in (f"--{name}", value)]
        return velatura.json("generate", "--prompt", prompt, *named, *flags)

    return run


def _processes_of(state: Path) -> list[str]:
    """Command lines of running processes that were started with this state folder (Linux; elsewhere none are seen)."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"VELATURA_STATE={state}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return [command for command in found if command.strip()]
