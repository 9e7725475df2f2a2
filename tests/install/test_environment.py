"""The environment is made, kept, refreshed and repaired. Real venv and pip, on packages that weigh nothing."""

import json
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest

from install import environment
from install.environment import STAMP_NAME, Wish, ensure
from install.pip import PipError
from install.problems import InstallError
from velatura_cli.krita_places import Host

Usage = namedtuple("Usage", ["total", "used", "free"])


def answer(target, code: str) -> str:
    """What the environment's Python prints for ``code``."""
    return subprocess.run([str(target.python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_made_from_nothing_then_left_alone(small_environment, said):
    """The first run installs lock, torch and the project; the second finds all in place and starts no pip."""
    ensure(small_environment, Wish("cpu", tests=True), said.console)
    assert "1.0 1.0 2.13.0+cpu" == answer(
        small_environment,
        "import pigment, easel, torch, velatura_protocol as v; "
        "print(pigment.VERSION, easel.VERSION, torch.__version__)",
    )
    stamp = small_environment.read_stamp()
    assert ("ready", "cpu", True) == (stamp.state, stamp.torch, stamp.tests)
    log = small_environment.folder / environment.LOG_NAME
    before, heard = log.read_bytes(), said.text
    ensure(small_environment, Wish(), said.console)  # wants less than is there: torch auto, no test extras
    assert (before, heard) == (log.read_bytes(), said.text)


def test_refreshed_repaired_and_completed(begun_environment, said):
    """One environment through a run cut off, a changed lock, a half-unpacked package and a lost interpreter."""
    ensure(begun_environment, Wish("cpu"), said.console)
    lock = begun_environment.repository / "install" / "lock" / "requirements.txt"
    lock.write_text("pigment==2.0\n")
    ensure(begun_environment, Wish(), said.console)
    assert "2.0" == answer(begun_environment, "import pigment; print(pigment.VERSION)")

    (packages,) = environment.venv_packages(begun_environment.host, begun_environment.folder)
    (packages / "pigment-2.0.dist-info" / "RECORD").unlink()
    (packages / "pigment.py").unlink()
    (packages / "~igment").mkdir()
    begun_environment.write_stamp(environment.Stamp())
    ensure(begun_environment, Wish(), said.console)
    assert "2.0" == answer(begun_environment, "import pigment; print(pigment.VERSION)")
    assert not (packages / "~igment").exists()

    begun_environment.python.unlink()
    (begun_environment.folder / "pyvenv.cfg").unlink()
    ensure(begun_environment, Wish(), said.console)
    assert "2.0" == answer(begun_environment, "import pigment; print(pigment.VERSION)")


def test_broken_pip_is_replaced(begun_environment, said):
    """A run that was stopped while pip replaced itself leaves no pip to go on with: the environment is made anew."""
    (packages,) = environment.venv_packages(begun_environment.host, begun_environment.folder)
    (packages / "pip" / "__main__.py").write_text("")
    ensure(begun_environment, Wish("cpu"), said.console)
    assert "1.0" == answer(begun_environment, "import pigment; print(pigment.VERSION)")


def test_test_extras_stay_when_the_lock_changes(begun_environment, said):
    """A later run that needs no test extras keeps those that are there up to date."""
    ensure(begun_environment, Wish("cpu", tests=True), said.console)
    (begun_environment.repository / "install" / "lock" / "requirements-test.txt").write_text("easel==2.0\n")
    ensure(begun_environment, Wish(), said.console)
    assert ("2.0", True) == (
        answer(begun_environment, "import easel; print(easel.VERSION)"),
        begun_environment.read_stamp().tests,
    )


def test_packages_out_of_reach(begun_environment, said, monkeypatch):
    """Without a network the run ends in one sentence that says what to do, and the next run goes on from there."""
    closed = "http://127.0.0.1:9/simple"  # the discard port: nothing listens
    offline = {"PIP_FIND_LINKS": "", "PIP_INDEX_URL": closed, "PIP_EXTRA_INDEX_URL": closed, "PIP_RETRIES": "1"}
    with monkeypatch.context() as patch:
        for name, value in offline.items():
            patch.setenv(name, value)
        with pytest.raises(PipError, match=r"could not be reached.*start again.*mirror"):
            ensure(begun_environment, Wish("cpu"), said.console)
    assert "unfinished" == begun_environment.read_stamp().state
    ensure(begun_environment, Wish("cpu"), said.console)
    assert "ready" == begun_environment.read_stamp().state


def test_folder_that_is_no_environment_is_left_alone(small_environment, said):
    """A folder with somebody's files in the environment's place is refused, and nothing in it is touched."""
    small_environment.folder.mkdir()
    (small_environment.folder / "sketch.kra").write_text("precious")
    with pytest.raises(InstallError, match="VELATURA_VENV"):
        ensure(small_environment, Wish("cpu"), said.console)
    assert ["sketch.kra"] == [path.name for path in small_environment.folder.iterdir()]


def test_too_little_room(small_environment, said, monkeypatch):
    """A full disk is told before anything is made, with the figures."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10e9, 9e9, 1e9))
    with pytest.raises(InstallError, match=r"needs about 2\.5 GB .* 1\.0 GB are free"):
        ensure(small_environment, Wish("cpu"), said.console)
    assert not small_environment.folder.exists()


@pytest.mark.parametrize("content", ["", "{", '{"state": "ready", "unknown": 1}', "[]"])
def test_unreadable_stamp_means_unfinished(small_environment, content):
    """A stamp that a crash has torn counts as an unfinished run."""
    small_environment.folder.mkdir()
    (small_environment.folder / STAMP_NAME).write_text(content)
    assert environment.Stamp() == small_environment.read_stamp()


def test_other_kind_of_torch_is_refused(begun_environment, said):
    """When the sources give another kind of torch than was asked for, the run says so and does not pass it off."""
    with pytest.raises(InstallError, match="the cpu build"):
        ensure(begun_environment, Wish("cuda"), said.console)
    assert "unfinished" == begun_environment.read_stamp().state


@pytest.mark.parametrize(("version", "fits"), [("3 10", False), ("3 11", True), ("3 14", True), ("3 15", False)])
def test_python_that_the_lock_serves(tmp_path, version, fits):
    """An interpreter named by hand is taken when the lock has packages for it, and refused in a sentence otherwise."""
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\nprint({version!r})\n")
    program.chmod(0o755)
    host = Host("linux", "x86_64", tmp_path, {})
    if fits:
        assert ((str(program),), tuple(map(int, version.split()))) == environment.find_python(host, program)
    else:
        with pytest.raises(InstallError, match=r"3\.11 to 3\.14"):
            environment.find_python(host, program)


def test_lock_pins_every_package(repository):
    """Each line of the lock names one exact version, and torch is in none."""
    for path in environment.lock_files(repository, tests=True):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        requirements = [line.partition(";")[0].strip() for line in lines]
        assert [] == [line for line in requirements if line.count("==") != 1 or line.startswith("torch")]


def test_digest_follows_the_place_of_the_repository(tmp_path, repository):
    """A repository that was moved is installed anew: its environment would still point to the old place."""
    moved = tmp_path / "moved"
    (moved / "install").mkdir(parents=True)
    shutil.copytree(repository / "install" / "lock", moved / "install" / "lock")
    shutil.copy(repository / "pyproject.toml", moved)
    assert environment.lock_digest(repository) != environment.lock_digest(moved)


def test_stamp_is_plain_json(small_environment):
    """The stamp can be read by people and by other programs."""
    small_environment.folder.mkdir()
    small_environment.write_stamp(environment.Stamp("ready", "abc", "cpu", True))
    assert {"state": "ready", "lock": "abc", "torch": "cpu", "tests": True} == json.loads(
        small_environment.stamp_file.read_text()
    )
