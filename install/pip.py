"""Runs pip with readable progress, and turns its failures into one sentence that says what to do."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from install.console import Console, size
from install.problems import InstallError

#: One version everywhere: older ones tell no download progress and do not take up a broken download again.
PIP_VERSION = "26.3"
#: Settings of the caller that would send packages elsewhere than into the environment, or load modules from elsewhere.
MISLEADING_VARIABLES = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")

MIRROR_ADVICE = (
    "Behind a slow or closed connection, point pip to a mirror near you once and start again: "
    "python3 -m pip config set global.index-url https://MIRROR/simple"
)
#: What pip's output shows -> what to tell the person. The first row that matches is taken.
FAILURES = (
    (
        r"No space left on device|not enough space",
        "The disk is full. Make room and start again; what is there already is kept.",
    ),
    (
        r"Permission denied|Access is denied",
        "A file could not be written. Close programs that use this folder and start again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "The package index's certificate was refused, as happens behind a proxy that inspects traffic. "
        "Give pip your organisation's certificate (pip config set global.cert FILE) and start again.",
    ),
    (r"ProxyError|407 Proxy", "The proxy refused the connection. Check HTTPS_PROXY and start again."),
    (
        r"NewConnectionError|NameResolutionError|Failed to resolve|ConnectTimeout|ReadTimeout|timed out"
        r"|Connection refused|Network is unreachable|Connection reset|Temporary failure|IncompleteRead|502 |503 |504 ",
        "The package index could not be reached. Check the connection and start again; what was fetched is kept. "
        + MIRROR_ADVICE,
    ),
    (
        r"No matching distribution|Could not find a version",
        "The package sources have no build of it for this Python and system. " + MIRROR_ADVICE,
    ),
)
UNKNOWN_FAILURE = (
    "pip failed. Its last lines are above and all of them in the log; starting again takes up where it stopped."
)


class PipError(InstallError):
    """pip ended with an error. ``output``: all that it printed."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class Pip:
    """The pip of one virtual environment. ``log``: a file that everything pip prints is appended to."""

    def __init__(self, python: Path, log: Path, console: Console) -> None:
        self._python = python
        self._log = log
        self._console = console

    def install(self, what: str, *arguments: str) -> None:
        """``pip install`` with ``arguments``; ``what`` names it for the person. Raises PipError."""
        self.run(what, "install", "--progress-bar", "raw", *arguments)

    def run(self, what: str, command: str, *arguments: str) -> None:
        """Any pip command. Raises PipError with a sentence for the person when it fails."""
        full = [str(self._python), "-m", "pip", "--disable-pip-version-check", "--no-input", command, *arguments]
        lines: list[str] = []
        with (
            subprocess.Popen(
                full,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=clean_environment(os.environ),
            ) as process,
            self._log.open("a", encoding="utf-8") as log,
        ):
            log.write("$ pip " + " ".join(full[5:]) + "\n")
            for line in self.shown(process.stdout or ()):
                lines.append(line)
                log.write(line)
        if process.returncode != 0:
            raise PipError(explain(what, "".join(lines)), "".join(lines))

    def shown(self, lines: Iterable[str]) -> Iterator[str]:
        """Pass on ``lines`` but for the byte counts, and show where the work stands."""
        current = ""
        for line in lines:
            counted = re.match(r"Progress (\d+) of (\d+)", line)
            if counted:
                done, of = int(counted.group(1)), int(counted.group(2))
                self._console.progress(f"{current} {size(done)} of {size(of)}" if of else current)
                continue
            fetched = re.match(r"\s*(?:Downloading|Using cached|Processing) (?:.*/)?([\w.]+-[^-\s]+)", line)
            if fetched:
                current = fetched.group(1)
                self._console.progress(current)
            elif line.startswith("Installing collected packages"):
                self._console.progress("unpacking")
            yield line


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment less what would mislead pip or Python."""
    return {name: value for name, value in environment.items() if name not in MISLEADING_VARIABLES}


def explain(what: str, output: str) -> str:
    """One or two sentences on why pip could not install ``what``."""
    for pattern, sentence in FAILURES:
        if re.search(pattern, output):
            return f"Could not install {what}. {sentence}"
    tail = "\n".join(f"    {line}" for line in output.splitlines()[-8:])
    return f"{tail}\nCould not install {what}. {UNKNOWN_FAILURE}"
