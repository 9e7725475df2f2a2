"""Where the command line speaks: results on standard output, everything for the eye on standard error."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console

from velatura_protocol.errors import ASKER, VelaturaError

EXIT_ASKER = 2
EXIT_OTHER = 1

#: For progress, tables of checks and errors; standard output stays clean for what other programs read.
console = Console(stderr=True, highlight=False)
#: For tables that are the answer.
table_console = Console(highlight=False)


def print_json(value: dict[str, Any]) -> None:
    """One object on standard output, on one line."""
    print(json.dumps(value, ensure_ascii=False))


def tell_notes(notes: Iterable[str]) -> None:
    """What a person should know before it is painted, a line each."""
    for note in notes:
        console.print(f"velatura: {note}", markup=False, soft_wrap=True)


def report_error(error: VelaturaError, *, as_json: bool) -> int:
    """Say what went wrong; returns the exit code."""
    info = error.info
    if as_json:
        fault = {"code": info.code, "family": info.family, "message": info.message, "retry": info.retry}
        print_json({"error": {**fault, "log": info.log}})
    log = f" (log {info.log})" if info.log else ""
    print(f"velatura: {info.message}{log}", file=sys.stderr)
    return EXIT_ASKER if info.family == ASKER else EXIT_OTHER
