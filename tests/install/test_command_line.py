"""``python3 install <verb>`` as a person types it, on a Python with nothing installed."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run_bare(repository: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installer on a Python that sees the standard library alone, with a home folder of its own."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "VELATURA_VENV": str(home / "venv")}
    return subprocess.run(
        [sys.executable, "-I", "-S", "install", *arguments],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_help_names_every_verb_and_how_to_use_a_mirror(repository, tmp_path):
    """The help is there before anything is installed."""
    answer = run_bare(repository, tmp_path, "--help")
    assert 0 == answer.returncode
    for word in ("demo", "test", "krita", "gimp", "service", "remove", "setup", "pip config set global.index-url"):
        assert word in answer.stdout


@pytest.mark.parametrize("verb", ["gimp", "service"])
def test_verbs_that_are_not_there_yet_say_so(repository, tmp_path, verb):
    """A verb of a later version answers in a sentence and with an exit code of its own."""
    answer = run_bare(repository, tmp_path, verb)
    assert (2, True) == (answer.returncode, "not there yet" in answer.stdout)


@pytest.mark.parametrize("verb", ["demo", "setup", "test", "krita"])
def test_dry_run_does_nothing(repository, tmp_path, verb):
    """A dry run says what would be installed, and leaves the disk as it was."""
    answer = run_bare(repository, tmp_path, verb, "--dry-run", "--torch", "cpu")
    assert (0, "") == (answer.returncode, answer.stderr)
    assert "torch==2.13.0+cpu" in answer.stdout
    assert [] == list(tmp_path.iterdir())


def test_unknown_option_is_refused(repository, tmp_path):
    """Only the test verb passes further arguments on."""
    assert 2 == run_bare(repository, tmp_path, "setup", "--gpu").returncode
    assert "--maxfail=1" in run_bare(repository, tmp_path, "test", "--dry-run", "--maxfail=1").stdout


def test_remove_where_nothing_is(repository, tmp_path):
    """Removing twice is no fault."""
    answer = run_bare(repository, tmp_path, "remove")
    assert (0, True) == (answer.returncode, "Nothing of Velatura's is there" in answer.stdout)


def test_first_file_can_be_read_by_an_old_python(repository):
    """Its words about a Python that is too old would not be heard if that Python stumbled over the file's grammar."""
    text = (repository / "install" / "__main__.py").read_text()
    assert ast.parse(text, feature_version=(3, 4))


def test_installer_needs_nothing_but_the_standard_library(repository, tmp_path):
    """Every module of the installer, but those that run inside the environment, imports on a bare Python."""
    inside = {"contact_sheet", "leftovers", "__main__", "__init__"}
    names = [path.stem for path in (repository / "install").glob("*.py") if path.stem not in inside]
    code = (
        "import sys, importlib; sys.path.insert(0, '.')\nfor n in sys.argv[1:]: importlib.import_module('install.' + n)"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *names], cwd=repository, capture_output=True, text=True, check=False
    )
    assert ("", 0) == (answer.stderr, answer.returncode)
