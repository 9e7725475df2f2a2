"""Who owns jobs: a secret id per program (``krita``, ``cli`` ...), kept so that results survive its restart."""

import os
import re
import secrets
import time
from pathlib import Path

from velatura_protocol.connection import write_private_file

FOLDER = "clients"
_ID = re.compile(r"[0-9a-f]{32}")
#: Another program that makes the same file at this moment is done within this time.
_WRITING_S = 1.0


def client_id(state: Path, client_name: str) -> str:
    """The 32 hex digits of this client, made on the first call. ``state``: the daemon's state folder."""
    safe_name = re.sub(r"[^A-Za-z0-9_-]", "_", client_name) or "client"
    path = state / FOLDER / f"{safe_name}.id"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        made = secrets.token_hex(16)
        stream.write(made)
    return made


def _read(path: Path) -> str:
    deadline = time.monotonic() + _WRITING_S
    while True:
        text = path.read_text(encoding="ascii", errors="replace").strip()
        if _ID.fullmatch(text):
            return text
        if time.monotonic() > deadline:  # damaged: its jobs are lost, but working goes on
            made = secrets.token_hex(16)
            write_private_file(path, made)
            return made
        time.sleep(0.01)
