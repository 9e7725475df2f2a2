"""``velatura`` and ``python -m velatura_cli``."""

import sys

from velatura_client.client import CancelledJobError
from velatura_protocol.errors import VelaturaError

from .app import app
from .output import EXIT_OTHER, prepare_streams, report_error, tell


def main() -> None:
    """Exit code 0: done; 2: what was asked cannot be done; 1: something else is in the way."""
    prepare_streams()
    try:
        app()
    except VelaturaError as error:
        sys.exit(report_error(error, as_json="--json" in sys.argv))
    except CancelledJobError as error:
        tell(f"velatura: {error}")
        sys.exit(EXIT_OTHER)


if __name__ == "__main__":
    main()
