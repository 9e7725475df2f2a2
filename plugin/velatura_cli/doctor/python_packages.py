"""The interpreter and the packages that Velatura stands on."""

import platform
import re
import sys
from importlib import metadata

from ..pythons import NEWEST_PYTHON, OLDEST_PYTHON, version_text
from .finding import FAULT, GOOD, Finding


def examine_python() -> list[Finding]:
    return [judge_python(sys.version_info[:2])]


def judge_python(version: tuple[int, int]) -> Finding:
    """``version``: of the interpreter that Velatura runs on."""
    whole = platform.python_version() if version == sys.version_info[:2] else version_text(version)
    if OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return Finding("Python", GOOD, f"{whole} in {sys.prefix}")
    wanted = f"Python {version_text(OLDEST_PYTHON)} to {version_text(NEWEST_PYTHON)}"
    repair = f"Install {wanted} and run python3 install setup with it."
    return Finding("Python", FAULT, f"{whole} is none of those that Velatura runs on.", repair)


def examine_packages() -> list[Finding]:
    """Every package that the distribution requires, present or not."""
    try:
        required = [_name(line) for line in metadata.requires("velatura") or () if "extra ==" not in line]
    except metadata.PackageNotFoundError:
        repair = "Run python3 install demo in the folder of Velatura."
        return [Finding("packages", FAULT, "Velatura itself is not installed here.", repair)]
    versions: dict[str, str] = {}
    missing: list[str] = []
    for name in required:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        repair = "Run python3 install demo again; it completes the environment."
        return [Finding("packages", FAULT, f"Missing: {', '.join(missing)}.", repair)]
    return [Finding("packages", GOOD, ", ".join(f"{name} {version}" for name, version in versions.items()))]


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match[0] if match else requirement
