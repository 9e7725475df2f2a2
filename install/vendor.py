"""The libraries that the plug-in carries along for the editor's own Python: ours, pyzmq and msgpack.

One folder serves every Python that an editor brings. The compiled parts of the wheels for several Pythons lie side by
side: each has its Python in its name (``_zmq.cpython-310-...so``, ``_zmq.abi3.so``), and the interpreter picks its own.
So an update of the editor to another Python does not break the plug-in, and nobody has to know an AppImage's Python.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from install.console import Console
from install.environment import LOG_NAME, Environment
from install.pip import Pip
from install.platforms import editor_wheel_platforms
from install.problems import InstallError
from velatura_cli.pythons import EDITOR_PYTHONS

LIBRARIES = ("pyzmq", "msgpack")
OUR_LIBRARIES = {"velatura_client": "plugin", "velatura_protocol": "protocol"}
#: Parts of the wheels that nothing needs at run time. Licences stay.
LEFT_OUT = ("zmq/tests/",)
LEFT_OUT_FILES = ("RECORD", "WHEEL")


def locked(repository: Path, names: tuple[str, ...]) -> list[str]:
    """The lock file's lines for ``names``, so that editor and daemon speak through the same versions."""
    lines = (repository / "install" / "lock" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = {line.partition("==")[0]: line for line in lines if "==" in line}
    return [found[name] for name in names]


def libraries(environment: Environment, console: Console) -> Path:
    """A folder with pyzmq and msgpack for every editor Python here; made on the first call, kept in the environment.

    Raises InstallError, a PipError among them, where the wheels cannot be had.
    """
    platforms = editor_wheel_platforms(environment.host)
    if not platforms:
        raise InstallError(
            f"pyzmq has no ready-made build for {environment.host.machine}: the plug-in cannot reach the daemon there."
        )
    requirements = locked(environment.repository, LIBRARIES)
    name = hashlib.sha256(repr((requirements, platforms, EDITOR_PYTHONS)).encode()).hexdigest()[:12]
    folder = environment.folder / f"velatura-vendor-{name}"
    if folder.exists():
        return folder
    pip = Pip(environment.python, environment.folder / LOG_NAME, console)
    with (
        console.step("Fetching pyzmq and msgpack for the editor's Python"),
        tempfile.TemporaryDirectory(dir=environment.folder, prefix="velatura-vendor-") as temporary,
    ):
        wheels, unpacked = Path(temporary, "wheels"), Path(temporary, "unpacked")
        for python in EDITOR_PYTHONS:
            pip.run(
                "pyzmq and msgpack for the editor",
                "download",
                *_download_arguments(python, platforms, wheels),
                *requirements,
            )
        for wheel in sorted(wheels.glob("*.whl")):
            unpack(wheel, unpacked)
        try:
            unpacked.rename(folder)
        except OSError:
            if not folder.exists():  # else another run of the installer was faster, and what it made is the same
                raise
    return folder


def _download_arguments(python: tuple[int, int], platforms: tuple[str, ...], target: Path) -> list[str]:
    arguments = ["--quiet", "--no-deps", "--only-binary=:all:", "--implementation", "cp", "--dest", str(target)]
    arguments += ["--python-version", f"{python[0]}.{python[1]}"]
    return arguments + [part for platform in platforms for part in ("--platform", platform)]


def unpack(wheel: Path, target: Path) -> None:
    """Unpack ``wheel`` into ``target``, over what other wheels of the same version have put there."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.startswith(LEFT_OUT) and Path(name).name not in LEFT_OUT_FILES:
                archive.extract(name, target)


def fill(target: Path, environment: Environment, console: Console) -> None:
    """Put all that the plug-in imports into ``target``, which must not exist yet."""
    shutil.copytree(libraries(environment, console), target)
    for package, part in OUR_LIBRARIES.items():
        copy_package(environment.repository / part / package, target / package)


def copy_package(source: Path, target: Path) -> None:
    """Copy a Python package without what running it has left there, and without what belongs beside it in Krita."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.desktop", "*.action"))
