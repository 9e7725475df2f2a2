"""Finds and ends the processes of one test run by a text in their environment, so that nobody else's are touched."""

import os
import signal
import time
from pathlib import Path


def processes_with(setting: str) -> dict[int, str]:
    """Living processes started with ``NAME=value`` in their environment: process id to command line."""
    wanted = setting.encode()
    found: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return found


def end_processes_with(setting: str, grace_s: float = 10) -> None:
    """SIGTERM, then SIGKILL after ``grace_s`` seconds, until none is left."""
    deadline = time.monotonic() + grace_s
    _signal_all(processes_with(setting), signal.SIGTERM)
    while processes_with(setting) and time.monotonic() < deadline:
        time.sleep(0.05)
    while remaining := processes_with(setting):
        _signal_all(remaining, signal.SIGKILL)
        time.sleep(0.05)


def _signal_all(pids: dict[int, str], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
