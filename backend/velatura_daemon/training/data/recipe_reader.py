"""Reads values out of a TOML table and says, when one is wrong, where it stands and what it must be."""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, cast

from velatura_protocol.errors import VelaturaError

Rgb = tuple[int, int, int]


class Table:
    """One table of a file. Every method raises ``VelaturaError`` ``invalid_value`` when the value does not fit.

    Args:
        content: the table as ``tomllib`` gives it.
        place: the beginning of a sentence about it, as in ``The recipe small.toml, things, apple``.
    """

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        self._content = content
        self._place = place

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def table(self, key: str) -> "Table":
        value = self._content.get(key)
        if not isinstance(value, dict):
            self._fail(key, "a table")
        return Table(cast("dict[str, Any]", value), f"{self._place}, {key}")

    def tables(self, key: str, *, optional: bool = False) -> dict[str, "Table"]:
        """The tables inside the table ``key``, in the order of the file; at least one unless ``optional``."""
        if optional and key not in self._content:
            return {}
        inner = self.table(key)
        if not inner._content:
            self._fail(key, "a table with at least one entry")
        return {name: inner.table(name) for name in inner._content}

    def text(self, key: str, *, default: str | None = None, one_of: Iterable[str] = ()) -> str:
        """Not empty, unless the ``default`` is what is meant."""
        value = self._content.get(key, default)
        choices = tuple(one_of)
        if not isinstance(value, str) or (not value and default is None):
            self._fail(key, "a text")
        if choices and value not in choices:
            self._fail(key, f"one of {', '.join(choices)}")
        return value

    def texts(self, key: str, *, optional: bool = False) -> tuple[str, ...]:
        value = self._content.get(key, [] if optional else None)
        if not isinstance(value, list) or not (value or optional):
            self._fail(key, "a list of texts")
        texts = cast("list[Any]", value)
        if not all(isinstance(text, str) and text for text in texts):
            self._fail(key, "a list of texts")
        return tuple(texts)

    def flag(self, key: str) -> bool:
        value = self._content.get(key, False)
        if not isinstance(value, bool):
            self._fail(key, "true or false")
        return value

    def whole(self, key: str, *, least: int = 0) -> int:
        value = self._content.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self._fail(key, f"a whole number, {least} or more")
        return value

    def wholes(self, key: str) -> tuple[int, ...]:
        value = self._content.get(key)
        if not isinstance(value, list) or not value:
            self._fail(key, "a list of whole numbers")
        numbers = cast("list[Any]", value)
        if not all(isinstance(number, int) and number >= 0 for number in numbers):
            self._fail(key, "a list of whole numbers, 0 or more")
        return tuple(numbers)

    def whole_pair(self, key: str) -> tuple[int, int]:
        """The smaller first."""
        numbers = self.wholes(key)
        if len(numbers) != 2 or numbers[0] > numbers[1]:
            self._fail(key, "two whole numbers, the smaller first")
        return numbers[0], numbers[1]

    def share(self, key: str) -> float:
        value = self._content.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self._fail(key, "a number from 0 to 1")
        return float(value)

    def rgb(self, key: str) -> Rgb:
        return self._as_rgb(key, self._content.get(key))

    def rgb_pair(self, key: str) -> tuple[Rgb, Rgb]:
        value = self._content.get(key)
        if not isinstance(value, list) or len(cast("list[Any]", value)) != 2:
            self._fail(key, "two colours, each as [red, green, blue]")
        first, second = cast("list[Any]", value)
        return self._as_rgb(key, first), self._as_rgb(key, second)

    def _as_rgb(self, key: str, value: Any) -> Rgb:
        if not isinstance(value, list) or len(cast("list[Any]", value)) != 3:
            self._fail(key, "a colour as [red, green, blue], each from 0 to 255")
        red, green, blue = cast("list[Any]", value)
        if not all(isinstance(part, int) and 0 <= part <= 255 for part in (red, green, blue)):
            self._fail(key, "a colour as [red, green, blue], each from 0 to 255")
        return red, green, blue

    def _fail(self, key: str, must_be: str) -> NoReturn:
        raise VelaturaError("invalid_value", f"{self._place}: {key} must be {must_be}.")
