"""What the daemon needs of the system: the loopback address, a folder to keep its state in, and disk space."""

import shutil
import socket
import tempfile
from pathlib import Path

from velatura_protocol.connection import state_folder

from .finding import FAULT, GOOD, NOTE, Finding

#: Below this, results of large pictures may not fit.
_LITTLE_DISK_BYTES = 2 << 30


def examine_loopback() -> list[Finding]:
    """A connection to this machine itself, as editor and daemon make it."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            with socket.create_connection(server.getsockname(), timeout=5):
                server.accept()[0].close()
    except OSError as error:
        repair = "Allow programs to connect to 127.0.0.1 in the firewall."
        return [Finding("loopback", FAULT, f"127.0.0.1 cannot be used ({error}).", repair)]
    return [Finding("loopback", GOOD, "127.0.0.1 can be used")]


def examine_state_folder() -> list[Finding]:
    folder = state_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        repair = "Make it writable, or choose another with the variable VELATURA_STATE."
        return [Finding("state folder", FAULT, f"{folder} cannot be written ({error.strerror}).", repair)]
    return [_judge_space(folder, free)]


def _judge_space(folder: Path, free: int) -> Finding:
    says = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < _LITTLE_DISK_BYTES:
        return Finding("state folder", NOTE, says, "Free some space on that disk; results wait there.")
    return Finding("state folder", GOOD, says)
