"""Everything that differs between Linux, Windows and macOS, in one file of tables. Nothing here touches the network."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MACHINE_NAMES = {"amd64": "x86_64", "x86-64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Host:
    """``system``: linux, windows or macos. ``machine``: x86_64 or aarch64 (other names as the system gives them)."""

    system: str
    machine: str
    home: Path
    environment: Mapping[str, str]

    def folder(self, variable: str, *fallback: str) -> Path:
        """The folder that an environment variable names; where it is unset, ``fallback`` beneath the home folder."""
        return Path(self.environment.get(variable) or self.home.joinpath(*fallback))


@dataclass(frozen=True)
class KritaPlace:
    """One Krita of this user. ``kind``: native, flatpak or store. ``resources``: what Krita calls its resource folder.

    ``starts_programs``: whether that Krita may start the daemon. ``libraries``: glob patterns of files whose name or
    content tells which Python that Krita brings. ``programs``: paths or names; one that exists proves that it is there.
    """

    kind: str
    resources: Path
    kritarc: Path
    starts_programs: bool
    libraries: tuple[str, ...]
    programs: tuple[str, ...]


def this_host() -> Host:
    system = {"Windows": "windows", "Darwin": "macos"}.get(platform.system(), "linux")
    machine = platform.machine().lower()
    return Host(system, MACHINE_NAMES.get(machine, machine), Path.home(), os.environ)


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
        return tuple(("py", f"-3.{minor}") for minor in (12, 11, 13, 14))
    return tuple((f"python3.{minor}",) for minor in (12, 11, 13, 14))


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


def krita_places(host: Host) -> tuple[KritaPlace, ...]:
    """Where a Krita of this user would keep its things, the ordinary kind first; AppImages are of that kind."""
    if host.system == "windows":
        return _krita_places_windows(host)
    if host.system == "macos":
        library = host.home / "Library"
        bundle = "/Applications/krita.app"
        return (
            KritaPlace(
                "native",
                library / "Application Support" / "krita",
                library / "Preferences" / "kritarc",
                True,
                (f"{bundle}/Contents/Frameworks/Python.framework/Versions/3.*/Python",),
                (bundle,),
            ),
        )
    return _krita_places_linux(host)


def _krita_places_linux(host: Host) -> tuple[KritaPlace, ...]:
    flatpak_data = host.home / ".var" / "app" / "org.kde.krita"
    flatpak_apps = tuple(
        f"{root}/app/org.kde.krita/current/active/files"
        for root in (host.folder("XDG_DATA_HOME", ".local", "share") / "flatpak", "/var/lib/flatpak")
    )
    plugin = "kritaplugins/kritapykrita.so"
    return (
        KritaPlace(
            "native",
            host.folder("XDG_DATA_HOME", ".local", "share") / "krita",
            host.folder("XDG_CONFIG_HOME", ".config") / "kritarc",
            True,
            tuple(
                f"{prefix}/{plugin}" for prefix in ("/usr/lib/*-linux-gnu", "/usr/lib", "/usr/lib64", "/usr/local/lib")
            ),
            ("krita",),
        ),
        KritaPlace(
            "flatpak",
            flatpak_data / "data" / "krita",
            flatpak_data / "config" / "kritarc",
            False,
            tuple(f"{app}/{lib}/{plugin}" for app in flatpak_apps for lib in ("lib", "lib64", "lib/*-linux-gnu")),
            flatpak_apps,
        ),
    )


def _krita_places_windows(host: Host) -> tuple[KritaPlace, ...]:
    local = host.folder("LOCALAPPDATA", "AppData", "Local")
    program = str(host.folder("PROGRAMFILES", "Program Files") / "Krita (x64)" / "bin")
    ordinary = KritaPlace(
        "native",
        host.folder("APPDATA", "AppData", "Roaming") / "krita",
        local / "kritarc",
        True,
        (f"{program}/python3*.dll",),
        (f"{program}/krita.exe",),
    )
    packages = sorted((local / "Packages").glob("49800Krita_*"))
    store = tuple(
        KritaPlace(
            "store",
            package / "LocalCache" / "Roaming" / "krita",
            package / "LocalCache" / "Local" / "kritarc",
            True,
            (),
            (str(package),),
        )
        for package in packages
    )
    return (ordinary, *store)


def krita_is_there(host: Host, place: KritaPlace) -> bool:
    """Whether this Krita is installed, or has been started at least once (an AppImage leaves no other trace)."""
    search = host.environment.get("PATH", "")
    programs = (Path(name).exists() or shutil.which(name, path=search) for name in place.programs)
    return place.resources.exists() or place.kritarc.exists() or any(programs)


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


def python_version_in(path: Path) -> tuple[int, int] | None:
    """The Python that a library's name tells (python310.dll, Versions/3.10) or that it is linked with."""
    named = re.search(r"python3(\d+)\.dll$|Versions/3\.(\d+)/", path.as_posix())
    if named:
        return 3, int(named.group(1) or named.group(2))
    linked = re.search(rb"libpython3\.(\d+)", path.read_bytes())
    return (3, int(linked.group(1))) if linked else None
