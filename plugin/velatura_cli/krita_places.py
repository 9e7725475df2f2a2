"""Where Krita is and keeps its things on each system, said once for the installer and the doctor.

Imported by ``python3 install`` too, before anything is installed: the standard library alone, readable by Python 3.10.
Nothing here touches the network.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
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


def places_in_use(host: Host) -> tuple[KritaPlace, ...]:
    """The Kritas of this user, each with the resource folder that it really uses. Empty where there is none."""
    return tuple(with_chosen_folder(place) for place in krita_places(host) if krita_is_there(host, place))


def with_chosen_folder(place: KritaPlace) -> KritaPlace:
    """``place`` with the resource folder that the person has chosen in Krita, where they have."""
    content = place.kritarc.read_bytes() if place.kritarc.exists() else b""
    chosen = resource_folder(content)
    return replace(place, resources=Path(chosen)) if chosen and Path(chosen).is_dir() else place


def resource_folder(content: bytes) -> str | None:
    """The resource folder that the person has chosen in Krita's settings, which stands before the first group."""
    for line in content.splitlines():
        if line.startswith(b"["):
            return None
        name, equals, value = line.partition(b"=")
        if equals and name.strip() == b"ResourceDirectory":
            return value.strip().decode("utf-8", errors="surrogateescape") or None
    return None
