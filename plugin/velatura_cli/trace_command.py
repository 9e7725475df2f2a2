"""``velatura trace``."""

import typer

from .daemon_module import run_daemon_module

MODULE = "velatura_daemon.diffusion.trace"


def trace_command(context: typer.Context) -> None:
    """Draw what happens inside a model while it paints, as one sheet. See velatura trace --help."""
    raise typer.Exit(run_daemon_module(MODULE, context.args))
