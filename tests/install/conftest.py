"""Fixtures of the installer's tests: the package on the path, hosts, and an environment that costs little to make."""

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # `install` is a folder to be run, not part of the distribution

from install.console import Console  # noqa: E402
from install.environment import Environment, Stamp  # noqa: E402
from install.pip import PIP_VERSION  # noqa: E402
from velatura_cli.krita_places import Host  # noqa: E402

#: What the fake torch answers to the installer's question after installing it.
FAKE_TORCH = """\
import types
__version__ = "2.13.0+cpu"
version = types.SimpleNamespace(hip=None, cuda=None, xpu=None)
backends = types.SimpleNamespace(mps=types.SimpleNamespace(is_built=lambda: False))
"""
FAKE_PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "velatura"
version = "1.0"
"""
#: A build backend that needs nothing: the editable wheel is one .pth file.
FAKE_BACKEND = """\
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "velatura-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("velatura.pth", str(pathlib.Path(__file__).parent / "protocol"))
        wheel.writestr("velatura-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: velatura\\nVersion: 1.0\\n")
        wheel.writestr("velatura-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        wheel.writestr("velatura-1.0.dist-info/RECORD", "")
    return name
"""


class Said:
    """A console that keeps what was said in ``text``."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self._stream.isatty = lambda: False  # type: ignore[method-assign]
        self.console = Console(self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A real virtual environment with the pinned pip and nothing else: made once, to be copied or to run pip from."""
    home = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True)
    bare = Environment(linux_host(home), REPOSITORY, home / "venv")
    subprocess.run([str(bare.python), "-m", "pip", "install", "--quiet", f"pip=={PIP_VERSION}"], check=True)
    return bare


def linux_host(home: Path, **environment: str) -> Host:
    return Host("linux", "x86_64", home, environment)


def write_wheel(folder: Path, name: str, version: str, modules: dict[str, str]) -> Path:
    """A wheel that pip installs, with ``modules`` (file name to text)."""
    information = f"{name}-{version}.dist-info"
    files = {
        **modules,
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(text.encode())}\n"
        wheel.writestr(f"{information}/RECORD", record + f"{information}/RECORD,,\n")
    return target


@pytest.fixture
def small_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """The environment, not made yet, of a small repository: real steps on packages that weigh nothing."""
    repository = tmp_path / "repository"
    (repository / "install" / "lock").mkdir(parents=True)
    (repository / "install" / "lock" / "requirements.txt").write_text("pigment==1.0\n")
    (repository / "install" / "lock" / "requirements-test.txt").write_text("easel==1.0\n")
    (repository / "pyproject.toml").write_text(FAKE_PROJECT)
    (repository / "backend.py").write_text(FAKE_BACKEND)
    (repository / "protocol" / "velatura_protocol").mkdir(parents=True)
    (repository / "protocol" / "velatura_protocol" / "__init__.py").write_text("")
    wheels = tmp_path / "wheels"
    for name in ("pigment", "easel"):
        for version in ("1.0", "2.0"):
            write_wheel(wheels, name, version, {f"{name}.py": f"VERSION = {version!r}\n"})
    write_wheel(wheels, "torch", "2.13.0+cpu", {"torch/__init__.py": FAKE_TORCH})
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    yield Environment(linux_host(tmp_path), repository, repository / ".venv")
    shutil.rmtree(repository)


@pytest.fixture
def begun_environment(small_environment: Environment, bare_environment: Environment) -> Environment:
    """``small_environment`` where a run was cut off after making the environment and before installing anything."""
    shutil.copytree(bare_environment.folder, small_environment.folder, symlinks=True)
    small_environment.write_stamp(Stamp())
    return small_environment
