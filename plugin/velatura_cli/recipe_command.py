"""``velatura recipe FILE``: what made a picture, read back from it."""

import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from velatura_protocol.errors import VelaturaError

from .files.ora import decode_ora
from .files.picture import read_file
from .files.png import parameters_text, read_recipe
from .output import print_json


def recipe_command(
    file: Annotated[Path, typer.Argument(help="A PNG or OpenRaster file that Velatura wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Print prompt, seed and settings that stand in a picture, or in each layer of a painting."""
    recipes = read_recipes(file)
    if as_json:
        print_json({"recipes": recipes})
        return
    for name, recipe in recipes.items():
        print(f"[{name}]")
        print(parameters_text(recipe))


def read_recipes(file: Path) -> dict[str, dict[str, Any]]:
    """File or layer name to recipe.

    Raises:
        VelaturaError: ``invalid_value`` when there is none.
    """
    data = read_file(file)
    found: dict[str, dict[str, Any] | None] = {}
    if zipfile.is_zipfile(file):
        painting, _merged = decode_ora(data, file.name)
        for layer in painting.layers():
            png = painting.data_of(layer)
            if png is not None:
                found[layer.get("name", "")] = read_recipe(png, file.name)
    else:
        found[file.name] = read_recipe(data, file.name)
    recipes = {name: recipe for name, recipe in found.items() if recipe is not None}
    if not recipes:
        raise VelaturaError("invalid_value", f"{file.name} holds no recipe of Velatura.")
    return recipes
