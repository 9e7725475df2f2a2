"""Commands that run in the daemon's own Python, where torch is: everything is passed on to a module there."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from velatura_client.launcher import daemon_command
from velatura_protocol.errors import VelaturaError

#: For a typer command that reads nothing itself: its ``context.args`` are all that was given, ``--help`` included.
PASS_EVERYTHING_ON: dict[str, Any] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
    "help_option_names": [],
}
#: What a shell adds to a signal's number to make an exit code of it.
_ENDED_BY_SIGNAL = 128


def run_daemon_module(module: str, arguments: Sequence[str]) -> int:
    """Run ``python -m module arguments`` in this terminal until it ends; its exit code.

    Ctrl-C reaches the child from the terminal itself, and the child decides what to finish first; being told to
    terminate is passed on to it.

    Raises:
        VelaturaError: ``daemon_unreachable`` when no Python of the daemon is known or it does not start.
    """
    command, _foreign = daemon_command()
    with _signals_left_to_the_child() as children:
        try:
            child = subprocess.Popen([command[0], "-m", module, *arguments], env=_environment())
        except OSError as error:
            raise VelaturaError(
                "daemon_unreachable", f"The daemon's Python cannot be started ({error}). Install Velatura again."
            ) from None
        children.append(child)
        code = child.wait()
    return code if code >= 0 else _ENDED_BY_SIGNAL - code


def _environment() -> dict[str, str]:
    """In the child, too, what the terminal cannot show is replaced, and ends nothing."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return {**os.environ, "PYTHONIOENCODING": f"{encoding}:replace"}


@contextmanager
def _signals_left_to_the_child() -> Iterator[list["subprocess.Popen[Any]"]]:
    """Inside the block this process outlives what ends the ``children`` put into the list."""
    children: list[subprocess.Popen[Any]] = []

    def pass_on(number: int, _frame: object) -> None:
        for child in children:
            child.send_signal(number)

    # a handler, not SIG_IGN, which the child would inherit
    earlier = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        yield children
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
