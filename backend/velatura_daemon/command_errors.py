"""How the daemon's side of the command line says that something did not work."""

import json
import sys

from velatura_protocol.errors import ASKER, VelaturaError

EXIT_ASKER, EXIT_OTHER = 2, 1


def report_error(error: VelaturaError, *, as_json: bool) -> int:
    """A sentence on standard error, and with ``as_json`` an object on standard output; returns the exit code."""
    info = error.info
    if as_json:
        fault = {"code": info.code, "family": info.family, "message": info.message, "retry": info.retry}
        print(json.dumps({"error": {**fault, "log": info.log}}, ensure_ascii=False))
    print(f"velatura: {info.message}", file=sys.stderr)
    return EXIT_ASKER if info.family == ASKER else EXIT_OTHER
