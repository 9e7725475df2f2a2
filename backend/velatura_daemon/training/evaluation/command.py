"""``velatura train eval``: how good is a model?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from velatura_protocol.connection import state_folder

if TYPE_CHECKING:
    from rich.console import Console


def eval_command(
    model: Annotated[str, typer.Argument(help="id of a model that came with Velatura, or the folder of one")],
    recipe: Annotated[str, typer.Option(help="what to ask for: small, large, or a TOML file")] = "small",
    sources: Annotated[
        Path | None, typer.Option(help="folder of the artwork; fetched into it when it is missing")
    ] = None,
    work: Annotated[Path | None, typer.Option(help="folder for what is kept, such as the classifier")] = None,
    pictures: Annotated[int, typer.Option(help="prompts of the main figure; the others take a share of it")] = 200,
    figures: Annotated[
        str, typer.Option(help="which to measure, by commas: prompts,chinese,two,inpaint,edges,depth,vae,lora,speed")
    ] = "",
    sheet: Annotated[Path | None, typer.Option(help="also draw samples, not picked, into this PNG")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on standard output")] = False,
) -> None:
    """Measure a model on prompts and compositions that it was not trained on. Takes about 15 minutes on two cores."""
    from rich.console import Console

    from .evaluate import Order, evaluate
    from .floors import read_floors
    from .report import as_json as report_as_json
    from .report import print_table

    kept = state_folder() / "training"
    order = Order(
        model=model,
        recipe=recipe,
        sources=sources or kept / "sources",
        work=work or kept / "evaluation",
        pictures=pictures,
        figures=tuple(one.strip() for one in figures.split(",") if one.strip()),
        sheet=sheet,
    )
    with _progress(Console(stderr=True, highlight=False)) as announce:
        evaluation = evaluate(order, announce)
    if as_json:
        print(json.dumps(report_as_json(evaluation, read_floors()), ensure_ascii=False))
    else:
        print_table(evaluation, read_floors(), Console(highlight=False))


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    """One line that changes, or, where nobody looks, a line for each part of the work (what stands before a colon)."""
    said: set[str] = set()

    def print_parts(line: str) -> None:
        part = line.partition(":")[0]
        if part not in said:
            said.add(part)
            console.print(f"{part} ...", markup=False)

    if not console.is_terminal:
        yield print_parts
        return
    with console.status("starting") as status:
        yield status.update
