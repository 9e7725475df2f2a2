"""Where the command line speaks: results on standard output, everything for the eye on standard error.

The one place that decides what becomes of signs that a terminal cannot show, or that would do something to it: names of
files, layers and models, prompts, and what other programs wrote.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import Any, TextIO

from rich.console import Console

from velatura_protocol.errors import ASKER, VelaturaError

EXIT_ASKER = 2
EXIT_OTHER = 1

#: For progress, tables of checks and errors; standard output stays clean for what other programs read.
console = Console(stderr=True, highlight=False)
#: For tables that are the answer.
table_console = Console(highlight=False)

#: Control characters (also of the second block), line and paragraph separators, marks that turn the direction of
#: writing around, and halves of characters (bytes of a name that are not text).
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: Bytes that could not be read as text are U+DC00 + byte (PEP 383).
_BYTES = range(0xDC80, 0xDD00)


def prepare_streams() -> None:
    """From here on, what a terminal cannot show is replaced: no encoding ends the program after the work is done."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def harmless(text: str) -> str:
    """``text`` on one line, what would do something to a terminal written as ``\\x1b`` or ``\\u202e``."""
    return _HARMFUL.sub(lambda found: _visible(found[0]), text)


def say(text: str) -> None:
    """Lines on standard output. Each is made harmless; the breaks between them are meant."""
    _write("\n".join(harmless(line) for line in text.splitlines()) + "\n", sys.stdout)


def tell(text: str) -> None:
    """A line for the eye, on standard error."""
    _write(harmless(text) + "\n", sys.stderr)


def print_json(value: dict[str, Any]) -> None:
    """One object on standard output, on one line. What the terminal cannot show is escaped, and read back as it was."""
    text = json.dumps(value, ensure_ascii=False)
    text = _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    _write(text + "\n", sys.stdout)


def check_readable(option: str, text: str) -> None:
    """Refuse words that did not arrive as text: painted, they would be question marks.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise VelaturaError(
            "invalid_value",
            f"{option} cannot be read: it has signs that this terminal's settings ({sys.getfilesystemencoding()}) do "
            "not know. Set the variable LC_ALL to C.UTF-8, or PYTHONUTF8 to 1, and try again.",
        )


def tell_notes(notes: Iterable[str]) -> None:
    """What a person should know before it is painted, a line each."""
    for note in notes:
        console.print(f"velatura: {harmless(note)}", markup=False, soft_wrap=True)


def report_error(error: VelaturaError, *, as_json: bool) -> int:
    """Say what went wrong; returns the exit code."""
    info = error.info
    log = f" (log {info.log})" if info.log else ""
    tell(f"velatura: {info.message}{log}")
    if as_json:
        fault = {"code": info.code, "family": info.family, "message": info.message, "retry": info.retry}
        try:
            print_json({"error": {**fault, "log": info.log}})
        except VelaturaError as second:
            tell(f"velatura: {second.info.message}")
    return EXIT_ASKER if info.family == ASKER else EXIT_OTHER


def _visible(character: str) -> str:
    code = ord(character)
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _write(text: str, stream: TextIO | None) -> None:
    """Raises ``VelaturaError`` ``disk_full`` when standard output takes no more; a reader that has left is no error."""
    if stream is None:  # closed by whoever started this program
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _send_nowhere(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise VelaturaError(
                "disk_full", f"The answer cannot be written to standard output ({error.strerror}). Free some space."
            ) from None


def _send_nowhere(stream: TextIO) -> None:
    """What is left in the stream's buffer would fail once more when the program ends."""
    try:
        target = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, target)
    os.close(nowhere)
