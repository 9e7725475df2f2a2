"""The command ``velatura`` and its parts."""

import typer

from . import daemon_command, jobs_command, models_command
from .bench import command as bench_command
from .daemon_module import PASS_EVERYTHING_ON
from .doctor.command import doctor
from .fetch_command import fetch_command
from .generate_command import generate_command
from .recipe_command import recipe_command
from .trace_command import trace_command
from .train_command import train_command

app = typer.Typer(
    name="velatura",
    help="Latent diffusion as layers: talks to the Velatura daemon on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(daemon_command.app, name="daemon")
app.add_typer(jobs_command.app, name="jobs")
app.add_typer(models_command.app, name="models")
app.add_typer(bench_command.app, name="bench")
app.command("recipe")(recipe_command)
app.command("doctor")(doctor)
app.command("generate")(generate_command)
app.command("fetch")(fetch_command)
app.command("train", context_settings=PASS_EVERYTHING_ON)(train_command)
app.command("trace", context_settings=PASS_EVERYTHING_ON)(trace_command)
