"""A daemon for one benchmark, in a folder that is thrown away."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from velatura_client.client import Client
from velatura_protocol.connection import read_connection
from velatura_protocol.errors import VelaturaError

#: Libraries and models may load this long on a slow disk.
_READY_WITHIN_S = 180.0
_END_WITHIN_S = 20.0


@contextmanager
def own_daemon() -> Iterator[Path]:
    """The state folder of a running daemon whose worker is ready.

    Raises:
        VelaturaError: it could not be started.
    """
    with tempfile.TemporaryDirectory(prefix="velatura-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            wait_until_ready(folder)
            yield folder
        finally:
            end_daemon(folder)


def wait_until_ready(folder: Path) -> None:
    """Start the daemon if necessary and wait until its worker waits for jobs."""
    with Client(folder=folder, client_name="bench") as client:
        deadline = time.monotonic() + _READY_WITHIN_S
        while client.status().worker != "idle":
            if time.monotonic() > deadline:
                raise VelaturaError("worker_hung", "The worker does not get ready. Run: velatura doctor")
            time.sleep(0.05)


def end_daemon(folder: Path) -> None:
    """End the daemon of ``folder`` and wait until it took its connection file away."""
    if read_connection(folder) is None:
        return
    with Client(folder=folder, client_name="bench") as client:
        client.shutdown()
    deadline = time.monotonic() + _END_WITHIN_S
    while read_connection(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
