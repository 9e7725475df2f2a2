"""The interpreter and the packages that Velatura stands on."""

import platform
import re
import sys
from importlib import metadata

from .finding import FAULT, GOOD, Finding

OLDEST_PYTHON = (3, 10)


def examine_python() -> list[Finding]:
    version = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        repair = "Install Python 3.10 or later and run python3 install demo with it."
        return [Finding("Python", FAULT, f"{version} is too old.", repair)]
    return [Finding("Python", GOOD, f"{version} in {sys.prefix}")]


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
