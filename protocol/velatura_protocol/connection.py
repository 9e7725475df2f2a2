"""How a client finds the daemon: ``connection.json`` in a folder that only this user can read.

The daemon binds a free port, then writes the file atomically (mode 0600). Keys are CURVE keys in Z85 (40 characters).
``VELATURA_STATE`` moves the folder, for tests and for several daemons side by side.
"""

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .codec import from_plain, to_plain
from .errors import ProtocolError

FILE_NAME = "connection.json"


@dataclass(frozen=True)
class Connection:
    """``endpoint`` such as ``tcp://127.0.0.1:40123``, three keys, and which daemon (``pid``, ``session``) wrote it."""

    endpoint: str
    server_key: str
    client_public: str
    client_secret: str
    pid: int
    session: str
    protocol_major: int
    protocol_minor: int
    daemon_version: str


def state_folder() -> Path:
    """The folder of connection file, journal, spool and logs. Computed here because both sides need the same answer."""
    override = os.environ.get("VELATURA_STATE")
    if override:
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "velatura"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "velatura"
    return Path(os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")) / "velatura"


def write_private_file(path: Path, text: str) -> None:
    """Write ``path`` so that readers see the old or the new text, never a part, and no other user sees either."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=str(path.parent), prefix=path.name)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def write_connection(connection: Connection, folder: Optional[Path] = None) -> Path:
    path = (folder or state_folder()) / FILE_NAME
    write_private_file(path, json.dumps(to_plain(connection), indent=1))
    return path


def read_connection(folder: Optional[Path] = None) -> Optional[Connection]:
    """The connection file's content; None when there is none or it cannot be understood (then start a daemon)."""
    path = (folder or state_folder()) / FILE_NAME
    try:
        return from_plain(Connection, json.loads(path.read_text(encoding="utf-8")), "connection")
    except (OSError, ValueError, ProtocolError):
        return None
