"""``velatura train data|vae|base|control|lora|eval``."""

import typer

from .daemon_module import run_daemon_module

MODULE = "velatura_daemon.training"


def train_command(context: typer.Context) -> None:
    """Train a model, a ControlNet or a LoRA of your own, on your own pictures. See velatura train --help."""
    raise typer.Exit(run_daemon_module(MODULE, context.args))
