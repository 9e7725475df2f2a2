"""``python -m velatura_daemon run``: the daemon in the foreground."""

import argparse
import os
import sys
import time
from pathlib import Path

from velatura_daemon.server.lock import InstanceLock
from velatura_daemon.settings import Settings, read_settings
from velatura_protocol.connection import read_connection
from velatura_protocol.errors import VelaturaError

#: Seconds that a start waits for another daemon, which is just starting or ending, to show which of the two it is.
_SETTLE_WITHIN_S = 10.0


def main(arguments: list[str] | None = None) -> int:
    """0: ended as asked, or another daemon runs already. 2: a setting cannot be used."""
    given = _parse(arguments)
    try:
        settings = read_settings(given)
    except VelaturaError as error:
        print(error.info.message, file=sys.stderr)
        return 2
    os.umask(0o077)  # journal, spool and logs are nobody else's business
    lock = InstanceLock(settings.state)
    if not _acquire(lock, settings):
        return 0
    from velatura_daemon.server.supervisor import Supervisor

    try:
        Supervisor(settings).run()
    finally:
        lock.release()
    return 0


def _acquire(lock: InstanceLock, settings: Settings) -> bool:
    """Take the lock; False when another daemon holds it and serves."""
    deadline = time.monotonic() + _SETTLE_WITHIN_S
    while not lock.acquire():
        running = read_connection(settings.state)
        if running is not None or time.monotonic() > deadline:
            where = "" if running is None else f" (pid {running.pid}, {running.endpoint})"
            print(f"velatura daemon already running{where}")
            return False
        time.sleep(0.05)
    return True


def _parse(arguments: list[str] | None) -> dict[str, object]:
    parser = argparse.ArgumentParser(prog="velatura_daemon", description="Velatura's daemon.")
    run = parser.add_subparsers(required=True).add_parser("run", help="serve until stopped")
    run.add_argument("--state", type=Path, help="folder of connection file, journal, spool and logs")
    run.add_argument("--models", type=Path, action="append", help="a folder with models; may be given several times")
    run.add_argument("--device", action="append", dest="devices", help="auto, cpu, cuda, cuda:1 ...; a worker for each")
    run.add_argument("--threads", type=int, help="CPU threads of a worker; without it all cores but one")
    run.add_argument("--engine", help="factory of the engine, module:function")
    given = vars(parser.parse_args(arguments))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


if __name__ == "__main__":
    sys.exit(main())
