"""Dataclasses to plain msgpack values and back, checked against their own type hints.

Written by hand because it must run in an editor's interpreter (Python 3.8 on) with msgpack alone.
Supported hints: ``str int float bool``, ``Optional[T]``, ``Tuple[T, ...]``, ``Dict[str, T]``, nested dataclasses and
``Plain`` (any finite msgpack value without binary). Fields that the class does not know are ignored, because a newer
peer may send them; a missing field without default is an error.
"""

import dataclasses
import math
import typing
from typing import Any, Dict, List, Mapping, Tuple, Type, TypeVar, Union, cast

from .errors import ProtocolError

#: Values that mean the same in every language with a msgpack library.
Plain = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

T = TypeVar("T")

_INT64 = range(-(2**63), 2**64)
_MAX_DEPTH = 16
_hints_of_class: Dict[type, Dict[str, Any]] = {}


def to_plain(value: Any) -> Any:
    """The msgpack-ready form of a dataclass (a dict of its fields), tuple (a list) or scalar."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in cast("List[Any]", value)]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in cast("Dict[str, Any]", value).items()}
    return value


def from_plain(cls: Type[T], plain: Any, path: str = "body") -> T:
    """Build the dataclass ``cls`` from a decoded msgpack map.

    Raises:
        ProtocolError: ``bad_message``; the message names the field by its path and what was expected there.
    """
    if not isinstance(plain, dict):
        raise _wrong(path, "a map", plain)
    given = cast("Dict[Any, Any]", plain)
    values: Dict[str, Any] = {}
    for field in dataclasses.fields(cast(Any, cls)):
        if field.name in given:
            values[field.name] = _convert(_hints(cls)[field.name], given[field.name], f"{path}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ProtocolError("bad_message", f"{path}.{field.name} is missing.")
    return cls(**values)


def _hints(cls: type) -> Mapping[str, Any]:
    if cls not in _hints_of_class:
        _hints_of_class[cls] = typing.get_type_hints(cls)
    return _hints_of_class[cls]


def _convert(hint: Any, value: Any, path: str) -> Any:
    if hint == Plain:
        return _plain(value, path, 0)
    origin = typing.get_origin(hint)
    arguments: Tuple[Any, ...] = typing.get_args(hint)
    if origin is Union:  # Optional[T]; Plain was handled above
        inner = next(argument for argument in arguments if argument is not type(None))
        return None if value is None else _convert(inner, value, path)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise _wrong(path, "a list", value)
        items = cast("List[Any]", value)
        return tuple(_convert(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(items))
    if origin is dict:
        return _dict(arguments[1], value, path)
    if dataclasses.is_dataclass(hint):
        return from_plain(cast("Type[Any]", hint), value, path)
    return _scalar(hint, value, path)


def _dict(item_hint: Any, value: Any, path: str) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, "a map", value)
    result: Dict[str, Any] = {}
    for key, item in cast("Dict[Any, Any]", value).items():
        if not isinstance(key, str):
            raise _wrong(path, "a map with text keys", key)
        result[key] = _convert(item_hint, item, f"{path}.{key}")
    return result


def _scalar(hint: Any, value: Any, path: str) -> Any:
    # bool is an int in Python and 1 is not True on the wire, so the exact types are compared
    if hint is float and type(value) in (int, float):
        if not math.isfinite(value):
            raise ProtocolError("bad_message", f"{path} must be a finite number, not {value}.")
        return float(value)
    if type(value) is not hint:
        raise _wrong(path, {str: "text", int: "a whole number", float: "a number", bool: "true or false"}[hint], value)
    if hint is int and value not in _INT64:
        raise ProtocolError("bad_message", f"{path} is outside the range of 64 bits.")
    return value


def _plain(value: Any, path: str, depth: int) -> Plain:
    if depth > _MAX_DEPTH:
        raise ProtocolError("bad_message", f"{path} is nested too deeply.")
    if isinstance(value, (list, tuple)):
        return [_plain(item, path, depth + 1) for item in cast("List[Any]", value)]
    if isinstance(value, dict):
        items = cast("Dict[Any, Any]", value).items()
        return {_scalar(str, key, path): _plain(item, f"{path}.{key}", depth + 1) for key, item in items}
    if value is None or isinstance(value, (str, bool, int, float)):
        return None if value is None else cast("Plain", _scalar(type(value), value, path))
    raise _wrong(path, "a plain value", value)


def _wrong(path: str, expected: str, value: Any) -> ProtocolError:
    return ProtocolError("bad_message", f"{path} must be {expected}, not {type(value).__name__}.")
