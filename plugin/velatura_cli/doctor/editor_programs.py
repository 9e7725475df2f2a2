"""Programs of editors: where they are besides the search path, and which version."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*")
_VERSION_WITHIN_S = 20.0
#: How systems tell the version of an installed package, for programs that do not without a screen.
_PACKAGE_QUERIES = (("dpkg-query", "-W", "-f=${Version}"), ("rpm", "-q", "--qf", "%{VERSION}"), ("pacman", "-Q"))
#: Where installers put programs that are not on the search path.
_USUAL_PROGRAMS = {
    "win32": (r"C:\Program Files\Krita (x64)\bin\krita.exe", r"C:\Program Files\GIMP 3\bin\gimp.exe"),
    "darwin": ("/Applications/krita.app/Contents/MacOS/krita", "/Applications/GIMP.app/Contents/MacOS/gimp"),
}


def find_program(names: tuple[str, ...], platform: str = sys.platform) -> Path | None:
    """The first of ``names`` that is installed: on the search path, or where its installer puts it."""
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found)
    usual = [Path(path) for path in _USUAL_PROGRAMS.get(platform, ())]
    return next((path for path in usual if path.stem in names and path.exists()), None)


def program_version(program: Path) -> str:
    """Such as ``5.2.9``; "" when neither the program nor the package manager tells."""
    commands = [(str(program), "--version")] if _has_screen(program) else []
    commands += [(*query, program.stem) for query in _PACKAGE_QUERIES if shutil.which(query[0])]
    for command in commands:
        try:
            told = subprocess.run(
                command, capture_output=True, text=True, timeout=_VERSION_WITHIN_S, check=False, errors="replace"
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        match = _VERSION.search(told.stdout)
        if told.returncode == 0 and match:
            return match[0]
    return ""


def _has_screen(program: Path) -> bool:
    """Krita on Linux aborts without a screen, even for its version."""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) or sys.platform != "linux" or program.stem != "krita"
