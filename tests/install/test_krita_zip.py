"""The zip for Krita's own importer: what it takes, all that the plug-in needs, and nothing of this machine."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from install import krita, state
from install.krita_zip import write_zip
from install.problems import InstallError
from velatura_client.launcher import INSTALLATION_FILE, daemon_command

IMPORT = "import sys; sys.path.append(sys.argv[1]); import zmq, msgpack, velatura_protocol, velatura_client.link"


@pytest.fixture
def packed(bare_environment, said, tmp_path) -> Path:
    path = tmp_path / "out" / "velatura.zip"
    write_zip(path, bare_environment, said.console)
    return path


def test_krita_s_importer_takes_it(packed, tmp_path):
    """As its rules are: an entry for the folder itself, __init__.py in it, .desktop and .action by the same name."""
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        archive.extractall(tmp_path / "extracted")
    assert {"velatura_krita/", "velatura_krita/__init__.py", "velatura_krita.desktop", "velatura_krita.action"} <= set(
        names
    )
    assert ["velatura_krita.desktop"] == [name for name in names if name.endswith(".desktop")]
    assert ["velatura_krita.action"] == [name for name in names if name.endswith(".action")]
    assert [] == [name for name in names[1:] if name.endswith("/velatura_krita/")]
    assert len(names) == len(set(names))
    desktop = (tmp_path / "extracted" / "velatura_krita.desktop").read_text(encoding="utf-8")
    assert "X-KDE-Library=velatura_krita" in desktop
    assert "X-Krita-Manual=Manual.html" in desktop
    assert "velatura_krita/Manual.html" in names


def test_it_holds_all_that_the_plugin_imports(packed, tmp_path):
    """Tried with a Python that has nothing else."""
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "extracted")
    vendor = tmp_path / "extracted" / "velatura_krita" / "vendor"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT, str(vendor)], capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_it_holds_nothing_of_this_machine(packed, bare_environment, repository):
    """No settings, no caches, and no path of this machine in any file."""
    with zipfile.ZipFile(packed) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        dates = {entry.date_time for entry in archive.infolist()}
    left = [
        name for name in entries if "__pycache__" in name or name.endswith((".pyc", "velatura.json", "install.json"))
    ]
    assert [] == left
    places = [str(path).encode() for path in (repository, bare_environment.folder, Path.home()) if len(str(path)) > 5]
    assert places
    assert [] == [name for name, content in entries.items() if any(place in content for place in places)]
    assert 1 == len(dates)


def test_same_plugin_same_zip(packed, bare_environment, said, tmp_path):
    """To the byte, so that it can be compared and signed."""
    write_zip(tmp_path / "again.zip", bare_environment, said.console)
    assert packed.read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_place_that_cannot_be_written(bare_environment, said, tmp_path):
    """A sentence, and nothing half-written beside it."""
    place = tmp_path / "place"
    (place / "folder.zip").mkdir(parents=True)
    (place / "file").touch()
    for target in (place / "file" / "velatura.zip", place / "folder.zip"):
        with pytest.raises(InstallError, match="could not be written"):
            write_zip(target, bare_environment, said.console)
    assert ["file", "folder.zip"] == sorted(path.name for path in place.iterdir())


def test_what_else_is_needed_is_said(bare_environment, said, tmp_path):
    """For which system it is, how it is imported, and how the daemon gets there."""
    assert 0 == krita.write_zip(tmp_path / "v.zip", bare_environment, said.console)
    for part in ("Linux", "Import Python Plugin from File", "python3 install setup"):
        assert part in said.text


def test_note_of_the_installer(bare_environment, tmp_path, monkeypatch, said):
    """The plug-in from the zip reads what the installer leaves; removing takes that away, and no other's."""
    folder = tmp_path / "state"
    monkeypatch.setenv("VELATURA_STATE", str(folder))
    monkeypatch.delenv("VELATURA_DAEMON_COMMAND", raising=False)
    monkeypatch.setattr("velatura_client.launcher.find_spec", lambda _name: None)
    assert (folder, INSTALLATION_FILE) == (state.state_folder(bare_environment), state.NOTE_NAME)
    state.leave_note(bare_environment)
    assert str(bare_environment.python) == daemon_command(tmp_path / "none")[0][0]
    assert [0, 0] == [path.stat().st_mode & 0o077 for path in (folder, folder / INSTALLATION_FILE)]
    assert [folder / INSTALLATION_FILE, folder] == state.take_note_away(bare_environment)
    assert not folder.exists()
    folder.mkdir()
    (folder / INSTALLATION_FILE).write_text(json.dumps({"python": "/other/python"}))
    assert [] == state.take_note_away(bare_environment)
    assert (folder / INSTALLATION_FILE).exists()
