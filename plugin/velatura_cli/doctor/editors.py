"""The editors that are installed, and whether the plug-in is in them and enabled."""

import re
from pathlib import Path

from ..krita_places import Host, KritaPlace, places_in_use, this_host
from ..krita_python import lacks
from .editor_programs import find_program, program_version
from .finding import FAULT, GOOD, NOTE, Finding

_INSTALL_KRITA = "Run python3 install krita, then start Krita again."
PLUGIN = "velatura_krita"
#: What a Krita is called in a finding when it is not the ordinary one.
_KINDS = {"flatpak": "Flatpak", "store": "Microsoft Store"}


def examine_editors() -> list[Finding]:
    return [*examine_kritas(this_host()), _judge_program("GIMP", find_program(("gimp", "gimp-3.0", "gimp-3.2")))]


def examine_kritas(host: Host) -> list[Finding]:
    """Each Krita of this user that the installer knows, and the plug-in in it."""
    places = places_in_use(host)
    if not places:
        return [_judge_program("Krita", None)]
    return [finding for place in places for finding in (_judge_krita(place), *_judge_loading(place))]


def _judge_krita(place: KritaPlace) -> Finding:
    if place.kind in _KINDS:
        return Finding("Krita", GOOD, _KINDS[place.kind])
    program = find_program(("krita",))
    if program is not None:
        return _judge_program("Krita", program)
    return Finding("Krita", GOOD, f"not on the search path, as an AppImage; its settings are {place.kritarc}")


def _judge_loading(place: KritaPlace) -> list[Finding]:
    """The plug-in's files, and what else keeps Krita from loading them."""
    missing = [Finding("Krita plug-in", FAULT, lack.says, lack.repair) for lack in lacks(place)]
    return [judge_krita_plugin(place), *missing]


def _judge_program(name: str, program: Path | None) -> Finding:
    if program is None:
        return Finding(name, NOTE, "It was not found.", f"Nothing to repair if you do not use {name}.")
    return Finding(name, GOOD, f"{program_version(program) or 'version unknown'}, {program}")


def judge_krita_plugin(place: KritaPlace) -> Finding:
    """Krita loads a plug-in that lies in pykrita/ with its .desktop file and that kritarc enables."""
    subject = "Krita plug-in"
    folder = place.resources / "pykrita"
    if not (folder / PLUGIN / "__init__.py").is_file() or not (folder / f"{PLUGIN}.desktop").is_file():
        return Finding(subject, NOTE, f"It is not installed in {folder}.", _INSTALL_KRITA)
    if not _is_enabled(place.kritarc):
        repair = "Enable Velatura in Krita under Settings, Configure Krita, Python Plugin Manager."
        return Finding(subject, FAULT, f"It is installed, but not enabled in {place.kritarc}.", repair)
    return Finding(subject, GOOD, f"installed in {folder} and enabled")


def _is_enabled(settings: Path) -> bool:
    if not settings.is_file():
        return False
    text = settings.read_text(encoding="utf-8", errors="replace")
    group = re.search(r"^\[python\]\s*$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    return group is not None and re.search(rf"^enable_{PLUGIN}\s*=\s*true\s*$", group[1], re.MULTILINE) is not None
