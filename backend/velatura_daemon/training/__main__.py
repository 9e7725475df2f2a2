"""``python -m velatura_daemon.training``: what ``velatura train`` runs."""

import os
import sys

from velatura_daemon.command_errors import report_error
from velatura_daemon.diffusion.engine import OFFLINE_ENVIRONMENT
from velatura_protocol.errors import VelaturaError

from .command_line import app


def main() -> None:
    """Exit code 0: done; 2: what was asked cannot be done; 1: something else is in the way; 130: stopped half-way."""
    os.environ.update(OFFLINE_ENVIRONMENT)
    try:
        app()
    except VelaturaError as error:
        sys.exit(report_error(error, as_json="--json" in sys.argv))


if __name__ == "__main__":
    main()
