"""What differs between Linux, Windows and macOS in making an environment and fetching wheels, in tables.

Where Krita is stands in ``velatura_cli/krita_places.py``, as the doctor needs it too. Nothing here touches the network.
"""

from __future__ import annotations

from pathlib import Path

from velatura_cli.krita_places import Host
from velatura_cli.pythons import PREFERRED_PYTHONS, version_text


def venv_python(host: Host, venv: Path) -> Path:
    return venv_program(host, venv, "python")


def venv_program(host: Host, venv: Path, name: str) -> Path:
    """Where a virtual environment keeps the program ``name``."""
    return venv / "Scripts" / f"{name}.exe" if host.system == "windows" else venv / "bin" / name


def venv_packages(host: Host, venv: Path) -> list[Path]:
    """The environment's site-packages folders that exist: one, or none in a half-made environment."""
    pattern = "Lib/site-packages" if host.system == "windows" else "lib/python3*/site-packages"
    return sorted(venv.glob(pattern))


def python_names(host: Host) -> tuple[tuple[str, ...], ...]:
    """Commands to try for a Python that the lock serves, the most proven version first."""
    if host.system == "windows":
        return tuple(("py", f"-{version_text(version)}") for version in PREFERRED_PYTHONS)
    return tuple((f"python{version_text(version)}",) for version in PREFERRED_PYTHONS)


GET_PYTHON = {
    "linux": "install it with your system's packages (Debian, Ubuntu: sudo apt install python3 python3-venv)",
    "windows": "install Python 3.12 from python.org and tick 'Add python.exe to PATH'",
    "macos": "install Python 3.12 from python.org, or with Homebrew: brew install python@3.12",
}
GET_VENV = {
    "linux": "Debian and Ubuntu keep it in a package of its own: sudo apt install python3-venv",
    "windows": "repair the installation of Python with the installer from python.org",
    "macos": "install Python 3.12 from python.org",
}


def editor_wheel_platforms(host: Host) -> tuple[str, ...]:
    """Wheel platform tags that an editor on this machine can load, the newest first. Empty: none are published.

    Each manylinux level is listed: given platforms by name, pip does not infer the older levels from a newer one.
    """
    if host.system == "windows":
        return ("win_amd64",)  # Krita and GIMP for Windows are x86-64 programs, under emulation on ARM as well
    if host.system == "macos":
        processor = "arm64" if host.machine == "aarch64" else "x86_64"
        versions = ((14, 0), (13, 0), (12, 0), (11, 0), (10, 15), (10, 13), (10, 12), (10, 9))
        return tuple(
            f"macosx_{major}_{minor}_{kind}" for kind in (processor, "universal2") for major, minor in versions
        )
    if host.machine not in ("x86_64", "aarch64"):
        return ()
    levels = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_26", "manylinux_2_24", "manylinux_2_17", "manylinux2014")
    return tuple(f"{level}_{host.machine}" for level in levels)
