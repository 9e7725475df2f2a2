"""The secret id that owns jobs."""

import stat
import threading
from pathlib import Path

from velatura_client.identity import client_id


def test_id_is_kept_for_the_next_start(tmp_path: Path) -> None:
    """The same program gets the same id again; another program gets another."""
    first = client_id(tmp_path, "krita")

    assert client_id(tmp_path, "krita") == first
    assert client_id(tmp_path, "cli") != first
    assert len(first) == 32
    assert int(first, 16) >= 0


def test_id_is_private(tmp_path: Path) -> None:
    """Nobody else may read it: with it, jobs could be cancelled and pictures fetched."""
    client_id(tmp_path, "krita")
    path = tmp_path / "clients" / "krita.id"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_odd_names_stay_in_the_folder(tmp_path: Path) -> None:
    """A client's name never becomes a path."""
    client_id(tmp_path, "../../evil/..")
    client_id(tmp_path, "")

    assert sorted(path.name for path in (tmp_path / "clients").iterdir()) == ["______evil___.id", "client.id"]


def test_damaged_id_is_replaced(tmp_path: Path) -> None:
    """A half-written file does not lock the person out."""
    path = tmp_path / "clients" / "krita.id"
    path.parent.mkdir()
    path.write_text("zz")

    made = client_id(tmp_path, "krita")

    assert path.read_text() == made
    assert client_id(tmp_path, "krita") == made


def test_programs_that_start_together_agree(tmp_path: Path) -> None:
    """Eight at the same moment end with one id."""
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(client_id(tmp_path, "krita"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 8
    assert len(set(ids)) == 1
