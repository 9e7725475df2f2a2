"""Which npm registry this user has npm configured for."""

import os
from collections.abc import Mapping
from pathlib import Path

PUBLIC_REGISTRY = "https://registry.npmjs.org"
VARIABLES = ("NPM_CONFIG_REGISTRY", "npm_config_registry")


def registry_address(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> str:
    """As npm decides: the environment, then ``registry=`` in ``.npmrc`` of the home folder, then the public registry.

    Without a slash at the end.
    """
    for variable in VARIABLES:
        if environment.get(variable):
            return environment[variable].rstrip("/")
    return (_configured((home or Path.home()) / ".npmrc") or PUBLIC_REGISTRY).rstrip("/")


def _configured(path: Path) -> str:
    """The value of ``registry``; "" when there is no file or no value. A scope's own registry is another key."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "registry":
            return value.strip().strip("\"'")
    return ""
