"""``velatura train all``."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def all_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything: new, or one that this command began.")],
    recipe: Annotated[str, typer.Option(help="small, large, or a TOML file of your own.")] = "small",
    preset: Annotated[str, typer.Option(help="cpu, gpu, or a TOML file of your own.")] = "cpu",
    base: Annotated[str, typer.Option(help="Model to begin with: its folder, or an id of the package.")] = "pochade",
    sources: Annotated[Path | None, typer.Option(help="Where fetched artwork is kept.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop in time and keep the state; the same command goes on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """A whole model from nothing but artwork. Interrupted, the same command goes on where it was."""
    import json

    from velatura_daemon.settings import state_folder

    from ..console import EXIT_STOPPED, say
    from ..time_budget import TimeBudget
    from .model_stages import WholeOrder, model_stages
    from .preset import read_preset
    from .stages import read_finished, run_stages

    budget = TimeBudget(minutes)
    order = WholeOrder(
        out=out.absolute(),
        recipe=recipe,
        preset=read_preset(preset),
        base=base,
        sources=(sources or state_folder() / "training" / "sources").absolute(),
        device=device,
        budget=budget,
    )
    stages = model_stages(order, say)
    order.out.mkdir(parents=True, exist_ok=True)
    whole = run_stages(stages, order.out, budget, say)
    say(f"The model is {order.model}" if whole else "Stopped. The same command goes on from here.")
    if as_json:
        finished = list(read_finished(order.out))
        print(json.dumps({"out": str(order.out), "model": str(order.model), "finished": finished, "whole": whole}))
    if not whole:
        sys.exit(EXIT_STOPPED)
