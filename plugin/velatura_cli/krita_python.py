"""The Python and the Qt of an installed Krita, and what of them is missing; said once for the installer and the doctor.

Distributions take PyQt for a thing that Krita can do without (Debian recommends it). Without it no Python plug-in works
in Krita, and Krita says nothing about that. AppImage, Flatpak, Windows and macOS bring their own.

Imported by ``python3 install`` too, before anything is installed: the standard library alone, readable by Python 3.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from velatura_cli.krita_places import KritaPlace
from velatura_cli.pythons import EDITOR_PYTHONS, version_text

#: What of PyQt the plug-in imports, and what these import.
MODULES = ("QtCore", "QtGui", "QtWidgets", "sip")
#: Distribution, as its os-release calls it: the command that gets PyQt5, and the one that gets PyQt6.
COMMANDS = {
    "debian": ("sudo apt install python3-pyqt5", "sudo apt install python3-pyqt6"),
    "fedora": ("sudo dnf install python3-qt5", "sudo dnf install python3-pyqt6"),
    "arch": ("sudo pacman -S python-pyqt5", "sudo pacman -S python-pyqt6"),
}


@dataclass(frozen=True)
class KritaPython:
    """``library``: the file that says so. ``python``: such as (3, 13). ``qt``: 5 or 6; None where it does not tell."""

    library: Path
    python: tuple[int, int]
    qt: int | None


@dataclass(frozen=True)
class Lack:
    """``says``: what is missing, as a sentence. ``repair``: what to do, as a sentence."""

    says: str
    repair: str


def krita_python(place: KritaPlace) -> tuple[int, int] | None:
    """The Python that this Krita brings, read off its files; None where they are out of sight, as with an AppImage."""
    found = look_at(place)
    return found.python if found else None


def look_at(place: KritaPlace) -> KritaPython | None:
    """Python and Qt of this Krita; None where its files are out of sight."""
    for pattern in place.libraries:
        anchor = Path(pattern).anchor
        for path in sorted(Path(anchor).glob(str(Path(pattern).relative_to(anchor)))):
            version = python_version_in(path)
            if version is not None:
                return KritaPython(path, version, _qt_version_in(path))
    return None


def python_version_in(path: Path) -> tuple[int, int] | None:
    """The Python that a library's name tells (python310.dll, Versions/3.10) or that it is linked with."""
    named = re.search(r"python3(\d+)\.dll$|Versions/3\.(\d+)/", path.as_posix())
    if named:
        return 3, int(named.group(1) or named.group(2))
    linked = re.search(rb"libpython3\.(\d+)", path.read_bytes())
    return (3, int(linked.group(1))) if linked else None


def lacks(place: KritaPlace) -> Iterator[Lack]:
    """What keeps the plug-in from being loaded by this Krita, as far as its files tell."""
    found = look_at(place)
    if found is None:
        return
    if found.python < EDITOR_PYTHONS[0]:
        yield Lack(
            f"This Krita brings Python {version_text(found.python)}, and the plug-in needs "
            f"{version_text(EDITOR_PYTHONS[0])} or newer.",
            "Update Krita to 5.2 or newer.",
        )
    elif found.python > EDITOR_PYTHONS[-1]:
        yield Lack(
            f"This Krita brings Python {version_text(found.python)}, and this version of Velatura has libraries for "
            f"{version_text(EDITOR_PYTHONS[-1])} at most.",
            "Get a newer version of Velatura.",
        )
    if place.kind == "native" and found.qt is not None and found.library.suffix == ".so" and not _has_pyqt(found):
        binding = f"PyQt{found.qt}"
        yield Lack(
            f"This Krita's Python {version_text(found.python)} lacks {binding}, without which no Python plug-in works "
            "in Krita, and Krita does not say so.",
            f"Install {binding}: {_command(found)}. Then start Krita again.",
        )


def _qt_version_in(path: Path) -> int | None:
    linked = re.search(rb"libQt([56])Core\.so", path.read_bytes())
    return int(linked.group(1)) if linked else None


def _has_pyqt(found: KritaPython) -> bool:
    """Whether one folder of packages has all of it."""
    return any(
        all(any((folder / f"PyQt{found.qt}").glob(f"{module}.*")) for module in MODULES)
        for folder in _package_folders(found)
    )


def _package_folders(found: KritaPython) -> Iterator[Path]:
    """Where the Pythons of distributions look for packages, and where pip puts them."""
    prefix = _prefix(found.library)
    version = f"python{version_text(found.python)}"
    for base in (prefix, prefix / "local", Path.home() / ".local"):
        for library in ("lib", "lib64"):
            for name in ("python3", version):
                for packages in ("dist-packages", "site-packages"):
                    yield base / library / name / packages


def _prefix(library: Path) -> Path:
    """``/usr`` for ``/usr/lib/x86_64-linux-gnu/kritaplugins/kritapykrita.so``."""
    return next(
        parent.parent for parent in library.parents if parent.name in ("lib", "lib64") or parent == parent.parent
    )


def _command(found: KritaPython) -> str:
    """What to type on this distribution; where it is none that we know, what to look for."""
    release = _os_release(_prefix(found.library).parent)
    for name in (release.get("ID", ""), *release.get("ID_LIKE", "").split()):
        if name in COMMANDS:
            return COMMANDS[name][0 if found.qt == 5 else 1]
    return f"your system's packages have it, for Python {version_text(found.python)}"


def _os_release(root: Path) -> dict[str, str]:
    for path in (root / "etc" / "os-release", root / "usr" / "lib" / "os-release"):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        pairs = (line.partition("=") for line in lines)
        return {name: value.strip().strip("\"'") for name, equals, value in pairs if equals}
    return {}
