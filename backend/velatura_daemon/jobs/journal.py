"""The journal: every accepted job and how far it is, in SQLite, so that a killed daemon forgets nothing.

Write-ahead log with synchronous=NORMAL: a committed line survives the death of the process without an fsync per job;
a power cut may take the last moments.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from velatura_daemon.worker_protocol import pack, unpack
from velatura_protocol.errors import ErrorInfo, ProtocolError

from .job import Job, Outcome

#: Goes up when the table changes; a journal of another version is set aside.
SCHEMA_VERSION = 1
_msgpack: Any = msgpack

_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, number INTEGER NOT NULL, request BLOB NOT NULL, label TEXT NOT NULL,
    input_bytes BLOB NOT NULL, submitted_at REAL NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL, finished_at REAL NOT NULL, spooled_bytes INTEGER NOT NULL,
    expired INTEGER NOT NULL, error BLOB, outcome BLOB
) WITHOUT ROWID
"""
_INSERT = "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE = """
UPDATE jobs SET state = ?, attempts = ?, cancel_requested = ?, finished_at = ?, spooled_bytes = ?, expired = ?,
    error = ?, outcome = ? WHERE id = ?
"""


class Journal:
    """The table of jobs. Every method is one committed transaction, and may raise ``sqlite3.OperationalError``.

    Attributes:
        set_aside: the new name of a journal that could not be read, else None.
    """

    def __init__(self, path: Path) -> None:
        self.set_aside: Path | None = None
        try:
            self._open(path)
        except sqlite3.OperationalError:
            raise  # a full disk, not a bad file
        except (sqlite3.DatabaseError, ProtocolError):
            self.set_aside = _rename(path)
            self._open(path)

    def _open(self, path: Path) -> None:
        self._connection = _connect(path)
        try:
            rows = self._connection.execute("SELECT * FROM jobs ORDER BY number")
            self._loaded = [_job_of_row(row) for row in rows]
        except (sqlite3.DatabaseError, ProtocolError):
            self._connection.close()
            raise

    def take_loaded(self) -> list[Job]:
        """Every job that was in the journal when it was opened, oldest first. To be called once."""
        loaded, self._loaded = self._loaded, []
        return loaded

    def insert(self, job: Job) -> None:
        self._connection.execute(
            _INSERT,
            (
                job.id,
                job.client,
                job.number,
                job.packed_request,
                job.label,
                _msgpack.packb(job.input_bytes),
                job.submitted_at,
                *_changing_columns(job),
            ),
        )

    def update(self, job: Job) -> None:
        self._connection.execute(_UPDATE, (*_changing_columns(job), job.id))

    def delete(self, job: str) -> None:
        self._connection.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def close(self) -> None:
        self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # one process owns the journal, so it may keep the lock and needs no shared memory beside the log
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"journal of version {version}")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _rename(path: Path) -> Path:
    aside = path.with_name(path.name + ".unreadable")
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink()
    return aside


def _changing_columns(job: Job) -> tuple[Any, ...]:
    return (
        job.state,
        job.attempts,
        job.cancel_requested,
        job.finished_at,
        job.spooled_bytes,
        job.expired,
        None if job.error is None else pack(job.error),
        None if job.outcome is None else pack(job.outcome),
    )


def _job_of_row(row: tuple[Any, ...]) -> Job:
    return Job(
        id=row[0],
        client=row[1],
        number=row[2],
        packed_request=row[3],
        label=row[4],
        input_bytes=tuple(_msgpack.unpackb(row[5])),
        submitted_at=row[6],
        state=row[7],
        attempts=row[8],
        cancel_requested=bool(row[9]),
        finished_at=row[10],
        spooled_bytes=row[11],
        expired=bool(row[12]),
        error=None if row[13] is None else unpack(ErrorInfo, row[13]),
        outcome=None if row[14] is None else unpack(Outcome, row[14]),
    )
