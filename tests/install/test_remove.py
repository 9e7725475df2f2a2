"""``remove`` takes what the installer made, says what it took, and touches nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from install import remove
from install.environment import Environment, Stamp
from install.problems import InstallError


@pytest.fixture
def installed(small_environment, repository, tmp_path, monkeypatch) -> Environment:
    """An environment with the installer's stamp, a state folder, demo pictures, and somebody's file beside them."""
    shutil.copytree(repository / "protocol", small_environment.repository / "protocol", dirs_exist_ok=True)
    small_environment.folder.mkdir()
    small_environment.write_stamp(Stamp())
    state = tmp_path / "state"
    state.mkdir()
    monkeypatch.setenv("VELATURA_STATE", str(state))
    output = small_environment.repository / "demo-output"
    output.mkdir()
    (tmp_path / "painting.kra").write_text("precious")
    return small_environment


def names(environment: Environment) -> set[str]:
    """Which of the three folders are there; the person's own files always are."""
    repository, home = environment.repository, environment.repository.parent
    assert (home / "painting.kra").exists()
    assert (repository / "pyproject.toml").exists()
    folders = {".venv": environment.folder, "demo-output": repository / "demo-output", "state": home / "state"}
    return {name for name, path in folders.items() if path.exists()}


def test_environment_goes_and_the_rest_stays(installed, said):
    """Without --all the daemon's state and the pictures are kept."""
    assert 0 == remove.run(installed, said.console, everything=False, dry_run=False)
    assert {"demo-output", "state"} == names(installed)
    assert str(installed.folder) in said.text


def test_all(installed, said):
    """With --all nothing of Velatura's is left, and nothing else is gone."""
    assert 0 == remove.run(installed, said.console, everything=True, dry_run=False)
    assert set() == names(installed)


def test_dry_run_removes_nothing(installed, said):
    """A dry run lists the folders and leaves them."""
    assert 0 == remove.run(installed, said.console, everything=True, dry_run=True)
    assert {".venv", "demo-output", "state"} == names(installed)
    assert str(installed.folder) in said.text


def test_environment_that_is_not_ours_stays(installed, said):
    """An environment without the installer's stamp was made by somebody else."""
    installed.stamp_file.unlink()
    assert 0 == remove.run(installed, said.console, everything=False, dry_run=False)
    assert ".venv" in names(installed)


def test_not_from_inside(said):
    """The environment's own Python cannot delete itself; it says which one to use."""
    inside = Environment(None, Path(sys.prefix), Path(sys.prefix))
    with pytest.raises(InstallError, match="python3 install remove"):
        remove.run(inside, said.console, everything=False, dry_run=False)


def test_processes_of_a_state_folder_are_found(repository, tmp_path):
    """A process started for a state folder is listed while it lives, and not after."""
    state = str(tmp_path / "state")
    question = [sys.executable, str(repository / "install" / "leftovers.py"), state]

    def listed() -> str:
        return subprocess.run(question, capture_output=True, text=True, check=True).stdout

    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={"VELATURA_STATE": state}
    ) as process:
        assert str(process.pid) == listed().split()[0]
        process.communicate(b"\n")
    assert "" == listed()
