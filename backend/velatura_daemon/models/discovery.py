"""Finds what files in a folder define: one new thing is one new file, and no list has to be edited for it."""

import importlib
import pkgutil
from typing import Protocol, TypeVar


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Found = TypeVar("Found", bound=HasId)


def discover(package: str, attribute: str, kind: type[Found]) -> dict[str, Found]:
    """Everything named ``attribute`` in the modules of ``package``, by its id, ordered by module name.

    Raises:
        TypeError: one is not a ``kind`` (a class, or a protocol that can be checked at run time).
        ValueError: two modules define the same id.
    """
    found: dict[str, Found] = {}
    path = importlib.import_module(package).__path__
    for module_name in sorted(module.name for module in pkgutil.iter_modules(path)):
        thing: object = getattr(importlib.import_module(f"{package}.{module_name}"), attribute, None)
        if thing is None:
            continue
        if not isinstance(thing, kind):
            raise TypeError(f"{package}.{module_name}.{attribute} is not a {kind.__name__}")
        if thing.id in found:
            raise ValueError(f"{package}.{module_name} defines the id {thing.id!r} a second time; ids must differ")
        found[thing.id] = thing
    return found
