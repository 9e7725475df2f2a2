"""``python3 install test``: the whole test suite in the environment, with what was skipped and why."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from install.console import Console
from install.environment import Environment
from install.pip import clean_environment


def command(python: Path, arguments: list[str]) -> list[str]:
    """The command that runs the suite; ``-ra`` lists each test that failed or was skipped, with its reason."""
    return [str(python), "-m", "pytest", "-ra", *arguments]


def run(environment: Environment, arguments: list[str], console: Console) -> int:
    """Returns pytest's own exit code."""
    console.heading("Running the test suite")
    # Models this small run fastest on one thread each, and parallel tests then do not fight for the processor.
    variables = {**clean_environment(os.environ), "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    return subprocess.run(
        command(environment.python, arguments), cwd=environment.repository, env=variables, check=False
    ).returncode
