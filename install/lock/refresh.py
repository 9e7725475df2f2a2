"""Write the two lock files from what is installed now. For maintainers; run it with the environment's own interpreter.

    .venv/bin/python install/lock/refresh.py

The closure of the distribution's requirements is walked for every system and Python that the lock serves, so that a
package needed on Windows alone gets its line too. torch is left out: install/torch_builds.py chooses its build and pins
its version.
"""

import importlib.metadata
import itertools
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).resolve().parent
SYSTEMS = (("linux", "Linux"), ("win32", "Windows"), ("darwin", "Darwin"))  # sys_platform, platform_system
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
#: torch brings its own CUDA libraries; setuptools comes with no virtual environment since 3.12, but torch needs it.
LEFT_TO_TORCH = ("torch", "triton")
NEEDED_BY_TORCH = ("filelock", "typing-extensions", "setuptools", "sympy", "networkx", "jinja2", "fsspec")
#: Building the editable install goes through these, without a build environment of its own.
NEEDED_TO_INSTALL = ("hatchling", "editables")
#: Not installed where this runs, as they serve another system only.
FOREIGN = {"colorama": "0.4.6"}
#: For tests that run on Linux alone, beside Krita; no version of Qt's libraries has wheels for all systems.
LINUX_ALONE = ("pyqt5", "pyqt5-qt5", "pyqt5-sip", "pyqt6", "pyqt6-qt6", "pyqt6-sip")
HEADER = """\
# {what}
# Exact versions for CPython 3.11 to 3.14 on Linux, Windows and macOS; torch is chosen apart (install/torch_builds.py).
# Written by install/lock/refresh.py: do not edit by hand.
"""


def environments():
    """Each marker environment that the lock serves, as a dict for ``Marker.evaluate``."""
    for (sys_platform, platform_system), python in itertools.product(SYSTEMS, PYTHONS):
        yield {
            "sys_platform": sys_platform,
            "platform_system": platform_system,
            "os_name": "nt" if sys_platform == "win32" else "posix",
            "python_version": python,
            "python_full_version": f"{python}.0",
        }


def requirements_of(name: str, extras: tuple[str, ...]) -> list[Requirement]:
    """What the installed distribution ``name`` with ``extras`` asks for, on any system served."""
    found = []
    for text in importlib.metadata.requires(name) or []:
        requirement = Requirement(text)
        choices = [dict(environment, extra=extra) for environment in environments() for extra in ("", *extras)]
        if requirement.marker is None or any(requirement.marker.evaluate(choice) for choice in choices):
            found.append(requirement)
    return found


def only_for_windows(name: str, parents: list[Requirement]) -> bool:
    """Whether every one of ``parents`` asks for ``name`` under Windows alone."""
    asked = [parent for parent in parents if canonicalize_name(parent.name) == name]
    elsewhere = [environment for environment in environments() if environment["sys_platform"] != "win32"]
    return all(
        parent.marker is not None and not any(parent.marker.evaluate(dict(e, extra="")) for e in elsewhere)
        for parent in asked
    )


def closure(roots: list[Requirement]) -> dict[str, str]:
    """Lines by canonical name for everything that ``roots`` pull in."""
    lines: dict[str, str] = {}
    waiting, asked = list(roots), list(roots)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in seen or name in LEFT_TO_TORCH or name.startswith("nvidia-"):
            continue
        seen.add(key)
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if name not in FOREIGN:
                raise SystemExit(
                    f"{name} is needed on a system that the lock serves; give it a version in FOREIGN."
                ) from None
            lines[name] = f"{name}=={FOREIGN[name]}"
            continue
        lines[name] = f"{name}=={version}"
        children = requirements_of(name, tuple(requirement.extras))
        asked += children
        waiting += children
    for name in lines:
        if only_for_windows(name, asked):
            lines[name] += ' ; sys_platform == "win32"'
        elif name in LINUX_ALONE:
            lines[name] += ' ; sys_platform == "linux"'
    return lines


def main() -> int:
    own = [Requirement(text) for text in importlib.metadata.requires("velatura") or []]
    runtime = [r for r in own if r.marker is None]
    tests = [r for r in own if r.marker is not None and r.marker.evaluate({"extra": "test"})]
    bare = [Requirement(name) for name in (*NEEDED_BY_TORCH, *NEEDED_TO_INSTALL)]
    runtime_lines = closure(runtime + bare)
    test_lines = {
        name: line
        for name, line in closure([Requirement(f"{r.name}{r.specifier}") for r in tests]).items()
        if name not in runtime_lines
    }
    for file_name, what, lines in (
        ("requirements.txt", "What Velatura runs on.", runtime_lines),
        ("requirements-test.txt", "What its tests and checks need besides.", test_lines),
    ):
        text = HEADER.format(what=what) + "".join(f"{lines[name]}\n" for name in sorted(lines))
        (FOLDER / file_name).write_text(text, encoding="utf-8")
        print(f"{file_name}: {len(lines)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
