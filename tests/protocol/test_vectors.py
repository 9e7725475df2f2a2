"""The golden messages: bytes that must never change their meaning within major version 1."""

import shutil
import subprocess
import sys
from pathlib import Path

import msgpack
import pytest

import velatura_protocol
from velatura_protocol.messages import all_kinds

HERE = Path(__file__).resolve().parent
VECTORS = HERE.parents[1] / "protocol" / "vectors"
CHECK = HERE / "check_vectors.py"


def _interpreters() -> list[str]:
    """This Python, and every other from 3.8 on that the machine has (as pythonX.Y, or as pyenv keeps them)."""
    found = {f"3.{minor}": shutil.which(f"python3.{minor}") for minor in range(8, 15)}
    for folder in sorted(Path.home().glob(".pyenv/versions/3.*")):
        version = ".".join(folder.name.split(".")[:2])
        if int(version.split(".")[1]) >= 8:
            found[version] = str(folder / "bin" / "python3")
    return sorted({sys.executable, *(path for path in found.values() if path)})


def _run_check(python: str, path: list[Path]) -> subprocess.CompletedProcess[str]:
    places = ", ".join(repr(str(place)) for place in path)
    code = f"import sys, runpy; sys.path += [{places}]; sys.argv[1:] = [{str(VECTORS)!r}]; "
    code += f"runpy.run_path({str(CHECK)!r}, run_name='__main__')"
    return subprocess.run([python, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def bare_libraries(tmp_path: Path) -> list[Path]:
    """A path with the protocol and msgpack's pure-Python fallback, and nothing else."""
    shutil.copytree(Path(msgpack.__file__).parent, tmp_path / "msgpack", ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    return [Path(velatura_protocol.__file__).parent.parent, tmp_path]


def test_every_kind_has_a_vector() -> None:
    """A new message comes with its golden bytes; additions of a later minor version come with one more vector."""
    assert {path.stem.partition("-")[0] for path in VECTORS.glob("*.json")} == set(all_kinds())
    assert {f"{kind}.json" for kind in all_kinds()} <= {path.name for path in VECTORS.glob("*.json")}


@pytest.mark.parametrize("python", _interpreters())
def test_vectors_read_and_write_alike_in_every_interpreter(python: str, bare_libraries: list[Path]) -> None:
    """Each interpreter that an editor may bring reads and writes the same bytes with msgpack alone."""
    done = _run_check(python, bare_libraries)
    assert (0, f"{len(list(VECTORS.glob('*.json')))} vectors\n") == (done.returncode, done.stdout), done.stderr


def test_a_changed_vector_is_noticed(bare_libraries: list[Path], tmp_path: Path) -> None:
    """The check itself can fail: one flipped bit in a frame is reported."""
    vector = (VECTORS / "cancel.json").read_text(encoding="utf-8")
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "cancel.json").write_text(vector.replace("0123456789abcdef", "0123456789abcdee", 1))
    done = _check_alone(tmp_path, bare_libraries)
    assert 1 == done.returncode
    assert "AssertionError: cancel.json" in done.stderr


def test_a_changed_vector_of_an_older_version_is_noticed(bare_libraries: list[Path], tmp_path: Path) -> None:
    """More fields than it has are no difference; another value of one that it has is."""
    (tmp_path / "vectors").mkdir()
    for name in ("catalogue.json", "catalogue-1.1.json"):
        shutil.copy(VECTORS / name, tmp_path / "vectors" / name)
    assert 0 == _check_alone(tmp_path, bare_libraries).returncode
    older = tmp_path / "vectors" / "catalogue.json"
    older.write_text(older.read_text(encoding="utf-8").replace('"label": "Fill"', '"label": "Full"'), encoding="utf-8")
    assert "AssertionError: catalogue.json" in _check_alone(tmp_path, bare_libraries).stderr


def _check_alone(tmp_path: Path, bare_libraries: list[Path]) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.argv[1:] = [{str(tmp_path / 'vectors')!r}]; sys.path += "
    code += f"{[str(p) for p in bare_libraries]!r}; import runpy; runpy.run_path({str(CHECK)!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
