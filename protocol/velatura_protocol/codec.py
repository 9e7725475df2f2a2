"""Dataclasses to plain msgpack values and back, checked against their own type hints.

Written by hand because it must run in an editor's interpreter (Python 3.8 on) with msgpack alone.
Supported hints: ``str int float bool``, ``Optional[T]``, ``Tuple[T, ...]``, ``Dict[str, T]``, nested dataclasses and
``Plain`` (any finite msgpack value without binary). Fields that the class does not know are ignored, because a newer
peer may send them; a missing field without default is an error.

The hints of a class are read once and made into functions: a small job's cost is mostly that of its messages.
"""

import dataclasses
import math
import typing
from typing import Any, Callable, Dict, List, Tuple, Type, TypeVar, Union, cast

from .errors import ProtocolError

#: Values that mean the same in every language with a msgpack library.
Plain = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

T = TypeVar("T")

_INT64 = range(-(2**63), 2**64)
_MAX_DEPTH = 16
_Reader = Callable[[Any], Any]
_reader_of_class: Dict[type, _Reader] = {}


class _WrongError(Exception):
    """A value that does not fit; every level that it passes on its way out puts its own name in front."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""


def to_plain(value: Any) -> Any:
    """The msgpack-ready form of a dataclass (a dict of its fields), tuple (a list) or scalar."""
    cls: Any = cast(Any, type(value))
    if cls in _SCALARS:
        return value
    if cls is tuple or cls is list:
        return [to_plain(item) for item in value]
    if cls is dict:
        return {key: to_plain(item) for key, item in value.items()}
    plain = dict(value.__dict__)  # a dataclass keeps its fields there, in their order
    for name, item in plain.items():
        if type(item) not in _SCALARS:
            plain[name] = to_plain(item)
    return plain


_SCALARS = frozenset((str, int, float, bool, bytes, type(None)))


def from_plain(cls: Type[T], plain: Any, path: str = "body") -> T:
    """Build the dataclass ``cls`` from a decoded msgpack map.

    Raises:
        ProtocolError: ``bad_message``; the message names the field by its path and what was expected there.
    """
    try:
        return cast(T, _reader_of(cls)(plain))
    except _WrongError as error:
        raise ProtocolError("bad_message", f"{path}{error.path} {error.problem}") from None


def _reader_of(cls: type) -> _Reader:
    reader = _reader_of_class.get(cls)
    if reader is None:
        reader = _reader_of_class[cls] = _make_class_reader(cls)
    return reader


def _make_class_reader(cls: type) -> _Reader:
    hints = typing.get_type_hints(cls)
    fields = [
        (
            field.name,
            _make_reader(hints[field.name]),
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cast(Any, cls))
    ]

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _wrong("a map", value)
        given: Dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        values: Dict[str, Any] = {}
        name = ""
        try:
            for name, reader, is_required in fields:
                if name in given:
                    values[name] = reader(given[name])
                elif is_required:
                    raise _WrongError("is missing.")
        except _WrongError as error:
            error.path = f".{name}{error.path}"
            raise
        return cls(**values)

    return read


def _make_reader(hint: Any) -> _Reader:
    if hint == Plain:
        return _read_plain
    origin = typing.get_origin(hint)
    arguments: Tuple[Any, ...] = typing.get_args(hint)
    if origin is Union:  # Optional[T]; Plain was handled above
        inner = _make_reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _make_tuple_reader(_make_reader(arguments[0]))
    if origin is dict:
        return _make_dict_reader(_make_reader(arguments[1]))
    if dataclasses.is_dataclass(hint):
        return _reader_of(cast(type, hint))
    return _SCALAR_READERS[hint]


def _make_tuple_reader(read_item: _Reader) -> _Reader:
    def read(value: Any) -> Tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise _wrong("a list", value)
        items: List[Any] = []
        try:
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                items.append(read_item(item))
        except _WrongError as error:
            error.path = f"[{len(items)}]{error.path}"
            raise
        return tuple(items)

    return read


def _make_dict_reader(read_item: _Reader) -> _Reader:
    def read(value: Any) -> Dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong("a map", value)
        key: Any = ""
        result: Dict[str, Any] = {}
        for key, item in cast("Dict[Any, Any]", value).items():
            if type(key) is not str:
                raise _wrong("a map with text keys", key)
            try:
                result[key] = read_item(item)
            except _WrongError as error:
                error.path = f".{key}{error.path}"
                raise
        return result

    return read


# bool is an int in Python and 1 is not True on the wire, so the exact types are compared


def _read_text(value: Any) -> str:
    if type(value) is not str:
        raise _wrong("text", value)
    return value


def _read_whole_number(value: Any) -> int:
    if type(value) is not int:
        raise _wrong("a whole number", value)
    if value not in _INT64:
        raise _WrongError("is outside the range of 64 bits.")
    return value


def _read_number(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise _wrong("a number", value)
    if not math.isfinite(value):
        raise _WrongError(f"must be a finite number, not {value}.")
    return float(value)


def _read_truth(value: Any) -> bool:
    if type(value) is not bool:
        raise _wrong("true or false", value)
    return value


_SCALAR_READERS: Dict[Any, _Reader] = {
    str: _read_text,
    int: _read_whole_number,
    float: _read_number,
    bool: _read_truth,
}


def _read_plain(value: Any, depth: int = 0) -> Plain:
    if depth > _MAX_DEPTH:
        raise _WrongError("is nested too deeply.")
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_read_plain(item, depth + 1) for item in cast("List[Any]", value)]
    if isinstance(value, dict):
        items = cast("Dict[Any, Any]", value).items()
        return {_read_text(key): _read_plain(item, depth + 1) for key, item in items}
    reader = _SCALAR_READERS.get(type(value))
    if reader is None:
        raise _wrong("a plain value", value)
    return cast("Plain", reader(value))


def _wrong(expected: str, value: Any) -> _WrongError:
    return _WrongError(f"must be {expected}, not {type(value).__name__}.")
