"""Finds the parts that are added by adding a file: samplers, controls, architectures."""

import importlib
import pkgutil
from typing import Any


def discover(package_name: str, attribute: str) -> dict[str, Any]:
    """The ``attribute`` (such as ``CONTROL``) of every module of a package that defines it, by its ``id``, sorted by id.

    Modules without the attribute are helpers and are passed over. A module that cannot be imported is a fault of the
    installation and raises what its import raises.

    Raises:
        ValueError: two modules define the same id.
    """
    package = importlib.import_module(package_name)
    found: dict[str, Any] = {}
    module_of_id: dict[str, str] = {}
    for entry in pkgutil.iter_modules(package.__path__, prefix=f"{package_name}."):
        part = getattr(importlib.import_module(entry.name), attribute, None)
        if part is None:
            continue
        if part.id in found:
            raise ValueError(f"{entry.name} and {module_of_id[part.id]} both define the {attribute} {part.id!r}")
        found[part.id] = part
        module_of_id[part.id] = entry.name
    return dict(sorted(found.items()))
