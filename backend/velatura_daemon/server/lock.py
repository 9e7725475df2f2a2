"""One daemon for each state folder: a lock that the system releases when the process ends, however it ends."""

import os
import sys
from pathlib import Path
from typing import IO

FILE_NAME = "daemon.lock"

if sys.platform == "win32":
    import msvcrt

    def _try_lock(stream: IO[bytes]) -> None:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try_lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class InstanceLock:
    """Held from ``acquire`` to ``release``. The file stays: deleting it would let two processes lock two files."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._stream: IO[bytes] | None = None

    def acquire(self) -> bool:
        """False when another process holds it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stream = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            _try_lock(stream)
        except OSError:
            stream.close()
            return False
        self._stream = stream
        return True

    def release(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
