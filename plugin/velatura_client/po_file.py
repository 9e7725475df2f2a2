"""Reads translations from gettext's .po files, as Poedit and its like write them. Plural forms are not read."""

import re
from pathlib import Path
from typing import Dict, NamedTuple

#: A line that says something: keyword and quoted text, or quoted text alone, which goes on from the line before.
_LINE = re.compile(r'(msgctxt|msgid|msgstr)?\s*"((?:[^"\\]|\\.)*)"$')
_ESCAPE = re.compile(r"\\(.)")
_MEANINGS = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
#: Which keyword may follow which; None: the file's beginning.
_MAY_FOLLOW = {
    "msgctxt": (None, "msgstr"),
    "msgid": (None, "msgctxt", "msgstr"),
    "msgstr": ("msgid",),
}


class Message(NamedTuple):
    """What is translated. ``context`` tells equal texts of different meaning apart, "" for most."""

    text: str
    context: str = ""


class PoError(Exception):
    """A file that cannot be read; the message names file and line."""


def read_po(path: Path) -> Dict[Message, str]:
    """What ``path`` translates, the file's header under ``Message("")``.

    An empty translation, or one that is marked as fuzzy, counts as none.

    Raises:
        PoError: the file is damaged, or cannot be opened.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        raise PoError(f"{path}: {error}") from error
    reader = _Reader(path)
    for number, line in enumerate(lines, 1):
        reader.read(number, line.strip())
    return reader.end()


class _Reader:
    """Takes lines one after another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._translations: Dict[Message, str] = {}
        self._parts: Dict[str, str] = {}
        self._keyword = ""
        self._line = 0  # where the entry begins
        self._is_fuzzy = self._next_is_fuzzy = False

    def read(self, number: int, line: str) -> None:
        if not line or line[0] == "#":
            if line.startswith("#,") and "fuzzy" in line:
                self._next_is_fuzzy = True
            return
        found = _LINE.match(line)
        if found is None:
            raise PoError(f'{self._path}, line {number}: expected msgid "..." or msgstr "..."')
        keyword, quoted = found.groups()
        if keyword:
            self._begin(number, keyword)
        elif not self._keyword:
            raise PoError(f"{self._path}, line {number}: this text belongs to no msgid or msgstr")
        self._parts[self._keyword] += self._unescaped(number, quoted) if "\\" in quoted else quoted

    def end(self) -> Dict[Message, str]:
        self._finish_entry()
        return self._translations

    def _begin(self, number: int, keyword: str) -> None:
        if (self._keyword or None) not in _MAY_FOLLOW[keyword]:
            raise PoError(f"{self._path}, line {number}: {keyword} cannot follow {self._keyword or 'nothing'}")
        if self._keyword == "msgstr":
            self._finish_entry()
        if not self._parts:
            self._line = number
            self._is_fuzzy, self._next_is_fuzzy = self._next_is_fuzzy, False
        self._keyword = keyword
        self._parts[keyword] = ""

    def _finish_entry(self) -> None:
        if not self._parts:
            return
        if "msgstr" not in self._parts:
            raise PoError(f"{self._path}, line {self._line}: a msgstr is missing")
        message = Message(self._parts["msgid"], self._parts.get("msgctxt", ""))
        if message in self._translations:
            raise PoError(f"{self._path}, line {self._line}: {message.text!r} is translated a second time")
        self._translations[message] = "" if self._is_fuzzy else self._parts["msgstr"]
        self._parts = {}

    def _unescaped(self, number: int, quoted: str) -> str:
        def meaning(escape: "re.Match[str]") -> str:
            if escape[1] not in _MEANINGS:
                raise PoError(f"{self._path}, line {number}: the escape {escape[0]} is not known")
            return _MEANINGS[escape[1]]

        return _ESCAPE.sub(meaning, quoted)
