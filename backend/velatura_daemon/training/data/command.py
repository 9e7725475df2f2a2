"""``velatura train data``."""

from pathlib import Path
from typing import Annotated

import typer


def data_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pictures: new, empty, or with a part of them.")],
    recipe: Annotated[str, typer.Option(help="small, large, or a TOML file of your own.")] = "small",
    count: Annotated[int, typer.Option(min=1, help="Pictures to compose.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Decides everything random.")] = 1,
    sources: Annotated[Path | None, typer.Option(help="Where fetched artwork is kept.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Compose a training set from openly licensed artwork, which is fetched from an npm registry once."""
    import json
    from functools import partial

    from velatura_daemon.settings import state_folder

    from ..console import RunConsole
    from .recipe import read_recipe
    from .sources import fetch_sources
    from .sprites import load_sprites
    from .writing import write_data

    read = read_recipe(recipe)
    kept = sources or state_folder() / "training" / "sources"
    with RunConsole() as console:
        fetch_sources(read.sources, kept, console.prepared)
        sprites = load_sprites(read, kept)
        write_data(read, sprites, out, count=count, seed=seed, report=partial(console.prepared, "composing pictures"))
        console.say(f"{count} pictures in {out}")
    if as_json:
        print(json.dumps({"out": str(out), "recipe": read.name, "count": count, "seed": seed}))
