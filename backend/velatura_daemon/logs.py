"""Logs: one JSON object a line in the state folder, rotated, with the job's id on every line that is about a job.

structlog takes longer to import than the supervisor takes to bind its socket, and a line takes longer to write than a
message to answer. So lines wait, with the time at which they happened, until ``flush``.
"""

import os
import time
from collections.abc import MutableMapping
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

#: One file's size in bytes, and how many older ones are kept.
FILE_BYTES = 2 << 20
OLDER_FILES = 5


def new_log_id() -> str:
    """An id that stands on a log line and in the error answer that belongs to it."""
    return os.urandom(4).hex()


class Log:
    """Lines for ``path``; ``fields`` stand on each of them."""

    def __init__(self, path: Path, **fields: Any) -> None:
        self._file = _RotatingFile(path)
        self._fields = fields
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._logger: Any = None

    def info(self, event: str, **fields: Any) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._write("warning", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """To be called where an exception is handled: its traceback goes into the line, which is written at once."""
        self._write("error", event, {**fields, "exc_info": True})
        self.flush()

    def open(self) -> None:
        """Import structlog, which the first line would do otherwise. Again changes nothing."""
        if self._logger is None:
            self._logger = _make_logger(self._file).bind(**self._fields)

    def flush(self) -> None:
        """Write the lines that wait."""
        if not self._waiting:
            return
        self.open()
        for level, line in self._waiting:
            getattr(self._logger, level)(**line)
        self._waiting.clear()
        self._file.flush()

    def close(self) -> None:
        """Write what waits and close the file."""
        self.flush()
        self._file.close()

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        self._waiting.append((level, {"event": event, "at": time.time(), **fields}))


class _RotatingFile:
    """A file that begins anew when it is full; ``name.1`` is the newest of the older ones. A logger for structlog.

    The standard library's handler does the same, but for two lines it takes as long as all else that is done for a
    small job: here what waited is written at once, and only then the size is looked at.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: IO[bytes] | None = None
        self._lines: list[str] = []

    def info(self, line: str) -> None:
        self._lines.append(line + "\n")

    warning = error = info

    def flush(self) -> None:
        text, self._lines = "".join(self._lines), []
        try:
            self._stream = self._stream or self._open()
            self._stream.write(text.encode())
            if self._stream.tell() > FILE_BYTES:
                self._rotate()
        except OSError:
            return  # on a full disk lines are lost, but the daemon goes on

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _open(self) -> IO[bytes]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._path.open("ab", buffering=0)

    def _rotate(self) -> None:
        self.close()
        files = [self._path, *(self._path.with_name(f"{self._path.name}.{n + 1}") for n in range(OLDER_FILES))]
        for newer, older in reversed(list(pairwise(files))):
            if newer.exists():
                newer.replace(older)


def _make_logger(file: _RotatingFile) -> Any:
    import structlog

    return structlog.wrap_logger(
        file,
        processors=[
            structlog.processors.add_log_level,
            _readable_time,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.BoundLogger,
    )


def _readable_time(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    at: float = line.pop("at")
    milliseconds = int(at % 1 * 1000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at))
    return {"time": f"{stamp}.{milliseconds:03d}{time.strftime('%z')}", **line}
