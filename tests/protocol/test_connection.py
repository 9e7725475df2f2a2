"""The connection file."""

import os
import stat
import sys
from pathlib import Path

import pytest

from velatura_protocol.connection import FILE_NAME, Connection, read_connection, state_folder, write_connection

CONNECTION = Connection("tcp://127.0.0.1:1", "s" * 40, "p" * 40, "q" * 40, 7, "session", 1, 0, "0.1.0")


def test_it_is_read_back(tmp_path: Path) -> None:
    """What the daemon writes, a client reads."""
    write_connection(CONNECTION, tmp_path / "new")
    assert CONNECTION == read_connection(tmp_path / "new")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_no_other_user_can_read_it(tmp_path: Path) -> None:
    """File and folder are private whatever the umask."""
    old = os.umask(0)
    try:
        path = write_connection(CONNECTION, tmp_path / "state")
    finally:
        os.umask(old)
    assert (0o600, 0o700) == (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode))


def test_nothing_is_left_beside_it(tmp_path: Path) -> None:
    """Writing twice leaves one file: the temporary one was renamed."""
    write_connection(CONNECTION, tmp_path)
    write_connection(CONNECTION, tmp_path)
    assert [FILE_NAME] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"endpoint": 5}', '{"endpoint": "x"}', "\x00" * 9])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    """A client starts a new daemon then; it does not crash."""
    (tmp_path / FILE_NAME).write_text(text)
    assert read_connection(tmp_path) is None


def test_the_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """For tests, and for two daemons side by side."""
    monkeypatch.setenv("VELATURA_STATE", str(tmp_path))
    assert tmp_path == state_folder()
    assert read_connection() is None
