"""The editors that are installed, and whether the plug-in is in them and enabled."""

import os
import re
import sys
from pathlib import Path

from .editor_places import KritaFolders, find_program, krita_folders, program_version
from .finding import FAULT, GOOD, NOTE, Finding

_INSTALL_KRITA = "Run python3 install krita, then start Krita again."
PLUGIN = "velatura_krita"


def examine_editors() -> list[Finding]:
    krita = find_program(("krita",))
    findings = [_judge_program("Krita", krita)]
    if krita is not None:
        findings.append(judge_krita_plugin(krita_folders(sys.platform, Path.home(), os.environ)))
    return [*findings, _judge_program("GIMP", find_program(("gimp", "gimp-3.0", "gimp-3.2")))]


def _judge_program(name: str, program: Path | None) -> Finding:
    if program is None:
        return Finding(name, NOTE, "It was not found.", f"Nothing to repair if you do not use {name}.")
    return Finding(name, GOOD, f"{program_version(program) or 'version unknown'}, {program}")


def judge_krita_plugin(folders: KritaFolders) -> Finding:
    """Krita loads a plug-in that lies in pykrita/ with its .desktop file and that kritarc enables."""
    subject = "Krita plug-in"
    place = folders.resources / "pykrita"
    if not (place / PLUGIN / "__init__.py").is_file() or not (place / f"{PLUGIN}.desktop").is_file():
        return Finding(subject, NOTE, f"It is not installed in {place}.", _INSTALL_KRITA)
    if not _is_enabled(folders.settings):
        repair = "Enable Velatura in Krita under Settings, Configure Krita, Python Plugin Manager."
        return Finding(subject, FAULT, f"It is installed, but not enabled in {folders.settings}.", repair)
    return Finding(subject, GOOD, f"installed in {place} and enabled")


def _is_enabled(settings: Path) -> bool:
    if not settings.is_file():
        return False
    text = settings.read_text(encoding="utf-8", errors="replace")
    group = re.search(r"^\[python\]\s*$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    return group is not None and re.search(rf"^enable_{PLUGIN}\s*=\s*true\s*$", group[1], re.MULTILINE) is not None
