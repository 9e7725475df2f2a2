"""Lists the processes that belong to a daemon's state folder. Run with the environment's Python: it needs psutil.

    python install/leftovers.py STATE_FOLDER [--end]

Prints one line for each process started with VELATURA_STATE set to the folder, or naming it on its command line: number
and command. The process that asks is left out. With --end they are killed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import psutil


def belongs(process: psutil.Process, state: str) -> bool:
    try:
        return process.environ().get("VELATURA_STATE") == state or state in process.cmdline()
    except psutil.Error:  # gone meanwhile, or of another user
        return False


def main(arguments: list[str]) -> int:
    state, *options = arguments
    for process in psutil.process_iter():
        if process.pid == os.getpid() or not belongs(process, state):
            continue
        with suppress(psutil.NoSuchProcess):
            print(process.pid, process.name())
            if "--end" in options:
                process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
