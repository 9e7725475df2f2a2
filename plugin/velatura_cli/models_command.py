"""``velatura models list``."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from velatura_client.client import Client
from velatura_protocol.codec import to_plain
from velatura_protocol.messages import Catalogue

from .output import harmless, print_json, table_console

app = typer.Typer(help="The models that the daemon found.", no_args_is_help=True)


@app.callback()
def models() -> None:
    """The models that the daemon found."""


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Look at the model folders again and list what is there."""
    with Client() as client:
        catalogue = client.catalogue(rescan=True)
    if as_json:
        print_json({"models": to_plain(catalogue.models), "controls": to_plain(catalogue.controls)})
    else:
        table_console.print(models_table(catalogue))


def models_table(catalogue: Catalogue) -> Table:
    table = Table("Model", "Tasks", "Size in pixels", "Controls", "State")
    offered = [task.id for task in catalogue.tasks if task.uses_model and not task.diagnostic]
    for model in catalogue.models:
        controls = [control.id for control in catalogue.controls if model.id in control.models]
        tasks = ", ".join(task for task in model.tasks if task in offered)
        size = f"{model.native_width} x {model.native_height}"
        cells = (model.id, tasks, size, ", ".join(controls), model.problem or "ready")
        table.add_row(*(Text(harmless(cell)) for cell in cells))  # names of others are not markup
    return table
