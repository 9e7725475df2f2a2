"""``velatura bench transport|pipeline|startup|selection``."""

import json
import subprocess
from collections.abc import Callable
from typing import Annotated, Any

import typer

from velatura_client.launcher import daemon_command
from velatura_protocol.errors import VelaturaError

from ..output import print_json, say
from .selection import run_selection
from .startup import run_startup
from .transport import run_transport

app = typer.Typer(help="Measure this installation. Nothing else should run meanwhile.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
RepeatsOption = Annotated[int | None, typer.Option(min=1, help="How often each case is measured.")]


@app.command()
def transport(repeats: RepeatsOption = None, as_json: JsonOption = False) -> None:
    """Pixels to the worker and back without a model, with PNG through the same socket as control."""
    _show(run_transport, repeats, as_json)


@app.command()
def startup(repeats: RepeatsOption = None, as_json: JsonOption = False) -> None:
    """Daemon start to answered hello, the client's import time, and what an idle supervisor costs."""
    _show(run_startup, repeats, as_json)


@app.command()
def selection(repeats: RepeatsOption = None, as_json: JsonOption = False) -> None:
    """The same small selection on a small and on a very large canvas."""
    _show(run_selection, repeats, as_json)


@app.command()
def pipeline(repeats: RepeatsOption = None, as_json: JsonOption = False) -> None:
    """A whole request against bare diffusers with the same model and settings."""
    command, _foreign = daemon_command()
    benchmark = [command[0], "-m", "velatura_daemon.diffusion.benchmark", "--json"]
    if repeats is not None:
        benchmark += ["--rounds", str(repeats)]
    process = subprocess.run(benchmark, stdout=subprocess.PIPE, text=True, check=False)
    try:
        figures = json.loads(process.stdout)
    except ValueError:
        raise VelaturaError(
            "internal", f"The benchmark of the pipeline ended with code {process.returncode} and without figures."
        ) from None
    _print(figures, as_json)


def _show(run: Callable[..., dict[str, Any]], repeats: int | None, as_json: bool) -> None:
    _print(run() if repeats is None else run(repeats), as_json)


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    for name, value in figures.items():
        if isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values()):
            for case, numbers in value.items():
                say(f"{name} {case}: {_line(numbers)}")
        else:
            say(f"{name}: {_line(value)}")


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
