"""Puts the plug-in into Krita's resource folder and enables it; takes it away again without a trace.

What stands there afterwards, beneath the resource folder:

    pykrita/velatura_krita.desktop      how Krita finds the plug-in
    pykrita/velatura_krita/             the package, vendor/ with its libraries, velatura.json, install.json
    actions/velatura_krita.action       its menu entries
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from install import krita_zip, kritarc, vendor
from install.console import Console
from install.environment import Environment
from install.problems import InstallError
from velatura_cli.krita_places import Host, KritaPlace, krita_places, places_in_use
from velatura_cli.krita_python import lacks

PLUGIN = "velatura_krita"
RECEIPT_NAME = "install.json"
LAUNCH_NAME = "velatura.json"
SYSTEM_NAMES = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}


@dataclass(frozen=True)
class Receipt:
    """What the installation made besides the plug-in's own files, so that removing undoes this and no more."""

    folders: tuple[str, ...]
    made_kritarc: bool
    added_group: bool


def describe(host: Host) -> str:
    """What ``run`` would do, in a sentence."""
    places = places_in_use(host) or krita_places(host)[:1]
    folders = " and ".join(str(place.resources / "pykrita" / PLUGIN) for place in places)
    return f"Then the plug-in would be copied to {folders} and enabled in kritarc."


def run(environment: Environment, console: Console) -> int:
    """Install the plug-in for every Krita of this user."""
    places = places_in_use(environment.host)
    if not places:
        places = krita_places(environment.host)[:1]
        console.say(
            "No Krita was found on this machine (krita.org has it). The plug-in goes to where Krita will look for it."
        )
    for place in places:
        install_plugin(place, environment, console)
        console.say(f"Velatura is in {place.resources / 'pykrita' / PLUGIN} and enabled.")
        for lack in lacks(place):
            console.say(f"But it cannot be loaded yet. {lack.says} {lack.repair}")
        if not place.starts_programs:
            console.say(
                "This Krita is a Flatpak, which may not start programs of the system. "
                f"Before you paint, start the daemon yourself: {environment.folder / 'bin' / 'velatura'} daemon start"
            )
    console.say(
        "Start Krita, or close it and start it again. "
        "The docker is under Settings, Dockers; the actions are under Tools, Velatura."
    )
    return 0


def write_zip(target: Path, environment: Environment, console: Console) -> int:
    """Pack the plug-in for Krita's own importer, and say what else is needed where it is imported."""
    host = environment.host
    krita_zip.write_zip(target, environment, console)
    console.say(
        f"{target} is for Krita on {SYSTEM_NAMES[host.system]}, {host.machine}, with any Python that it brings."
    )
    console.say(
        "In Krita: Tools, Scripts, Import Python Plugin from File; enable it when asked, then start Krita again."
    )
    console.say(
        "The pictures are made by Velatura's daemon, which is not in the file. On this machine the plug-in finds it; "
        "on another one, get Velatura and run there: python3 install setup"
    )
    return 0


def install_plugin(place: KritaPlace, environment: Environment, console: Console) -> None:
    """Copy the plug-in into one Krita's folder and enable it. What an earlier run left is replaced as a whole."""
    source = environment.repository / "plugin" / PLUGIN
    pykrita, actions = place.resources / "pykrita", place.resources / "actions"
    earlier = read_receipt(place)
    folders = tuple(map(str, missing_folders(pykrita, actions, place.kritarc.parent)))
    try:
        for folder in (pykrita, actions):
            folder.mkdir(parents=True, exist_ok=True)
        staged = pykrita / f".{PLUGIN}.new"
        shutil.rmtree(staged, ignore_errors=True)
        vendor.copy_package(source, staged)
        vendor.fill(staged / "vendor", environment, console)
        launch = {"python": str(environment.python), "version": package_version(environment.repository)}
        (staged / LAUNCH_NAME).write_text(json.dumps(launch, indent=1) + "\n", encoding="utf-8")
        made_kritarc = not place.kritarc.exists()
        edited = kritarc.enable(b"" if made_kritarc else place.kritarc.read_bytes())
        receipt = earlier or Receipt(folders, made_kritarc, edited.added_group)
        (staged / RECEIPT_NAME).write_text(json.dumps(asdict(receipt), indent=1) + "\n", encoding="utf-8")
        _drop(pykrita / PLUGIN)
        staged.rename(pykrita / PLUGIN)
        shutil.copyfile(source / f"{PLUGIN}.desktop", pykrita / f"{PLUGIN}.desktop")
        shutil.copyfile(source / f"{PLUGIN}.action", actions / f"{PLUGIN}.action")
        write_settings(place.kritarc, edited.content)
    except PermissionError as problem:
        raise InstallError(f"{problem.filename} could not be written. Close Krita and start again.") from problem


def remove_plugin(place: KritaPlace) -> list[Path]:
    """Undo ``install_plugin``. Returns what was removed or changed; empty where nothing of ours was."""
    pykrita, actions = place.resources / "pykrita", place.resources / "actions"
    receipt = read_receipt(place) or Receipt((), False, False)
    changed = []
    for path in (pykrita / PLUGIN, pykrita / f"{PLUGIN}.desktop", actions / f"{PLUGIN}.action"):
        if path.exists() or path.is_symlink():
            _drop(path)
            changed.append(path)
    if place.kritarc.exists():
        before = place.kritarc.read_bytes()
        after = kritarc.disable(before, receipt.added_group)
        if receipt.made_kritarc and not after.strip():
            place.kritarc.unlink()
            changed.append(place.kritarc)
        elif after != before:
            write_settings(place.kritarc, after)
            changed.append(place.kritarc)
    for folder in sorted(map(Path, receipt.folders), reverse=True):  # the deepest first
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            changed.append(folder)
    return changed


def missing_folders(*wanted: Path) -> list[Path]:
    """The folders that must be made for ``wanted`` to exist, those above them included."""
    found = {folder for path in wanted for folder in (path, *path.parents) if not folder.exists()}
    return sorted(found)


def read_receipt(place: KritaPlace) -> Receipt | None:
    try:
        plain = json.loads((place.resources / "pykrita" / PLUGIN / RECEIPT_NAME).read_text(encoding="utf-8"))
        return Receipt(tuple(plain["folders"]), plain["made_kritarc"], plain["added_group"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def package_version(repository: Path) -> str:
    """The version that the repository's own file states, read without importing it."""
    text = (repository / "protocol" / "velatura_protocol" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'PACKAGE_VERSION = "([^"]+)"', text)
    if found is None:
        raise InstallError(
            "protocol/velatura_protocol/version.py holds no version: this copy of Velatura is damaged. Get it again."
        )
    return found.group(1)


def write_settings(path: Path, content: bytes) -> None:
    """Replace a settings file in one go, through a link where it is one, with the permissions that it had."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".velatura-new")
    temporary.write_bytes(content)
    if target.exists():
        shutil.copymode(target, temporary)
    temporary.replace(target)


def _drop(path: Path) -> None:
    """Delete a file, a folder, or a link but not what it points to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
