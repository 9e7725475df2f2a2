"""Logs: one JSON object a line in the state folder, rotated, with the job's id on every line that is about a job.

structlog takes longer to import than the supervisor takes to bind its socket, and a line takes longer to write than a
message to answer. So lines wait, with the time at which they happened, until ``flush``.
"""

import os
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

#: One file's size in bytes, and how many older ones are kept.
FILE_BYTES = 2 << 20
OLDER_FILES = 5


def new_log_id() -> str:
    """An id that stands on a log line and in the error answer that belongs to it."""
    return os.urandom(4).hex()


class Log:
    """Lines for ``path``; ``fields`` stand on each of them."""

    def __init__(self, path: Path, **fields: Any) -> None:
        self._path = path
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
        """Import structlog and open the file, which writing the first line would do. Again changes nothing."""
        if self._logger is None:
            self._logger = _make_logger(self._path).bind(**self._fields)

    def flush(self) -> None:
        """Write the lines that wait."""
        if self._waiting:
            self.open()
        for level, line in self._waiting:
            getattr(self._logger, level)(**line)
        self._waiting.clear()

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        self._waiting.append((level, {"event": event, "at": time.time(), **fields}))


def _make_logger(path: Path) -> Any:
    import logging
    import logging.handlers

    import structlog

    logging.raiseExceptions = False  # a full disk must not fill stderr with tracebacks of the log itself
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    standard = logging.getLogger("velatura")
    standard.setLevel(logging.INFO)
    standard.propagate = False
    standard.handlers = [handler]
    return structlog.wrap_logger(
        standard,
        processors=[
            structlog.processors.add_log_level,
            _readable_time,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _readable_time(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    at: float = line.pop("at")
    milliseconds = int(at % 1 * 1000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at))
    return {"time": f"{stamp}.{milliseconds:03d}{time.strftime('%z')}", **line}
