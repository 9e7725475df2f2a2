"""``velatura recipe FILE``: what made a picture, read back from it."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from velatura_protocol.errors import VelaturaError

from .files.names import quoted
from .files.ora import decode_ora
from .files.picture import read_file
from .files.png import is_png, parameters_text, read_recipe
from .output import harmless, print_json, say, tell


@dataclass(frozen=True)
class FoundRecipe:
    """``name``: of the layer, or of the file. Several layers may have the same."""

    name: str
    recipe: dict[str, Any]


@dataclass(frozen=True)
class Recipes:
    """``found``: topmost layer first. ``problems``: a sentence for each recipe that cannot be read."""

    found: tuple[FoundRecipe, ...]
    problems: tuple[str, ...] = ()

    def by_name(self) -> dict[str, dict[str, Any]]:
        """Each under a name of its own: the second "fox" is "fox (2)"."""
        named: dict[str, dict[str, Any]] = {}
        for one in self.found:
            name, number = one.name, 1
            while name in named:
                number += 1
                name = f"{one.name} ({number})"
            named[name] = one.recipe
        return named


def recipe_command(
    file: Annotated[Path, typer.Argument(help="A PNG or OpenRaster file that Velatura wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Print prompt, seed and settings that stand in a picture, or in each layer of a painting."""
    recipes = read_recipes(file)
    for problem in recipes.problems:
        tell(f"velatura: {problem}")
    if as_json:
        layers = [{"name": one.name, "recipe": one.recipe} for one in recipes.found]
        print_json({"recipes": recipes.by_name(), "layers": layers, "problems": list(recipes.problems)})
        return
    for one in recipes.found:
        say(f"[{harmless(one.name)}]")
        say(parameters_text(one.recipe))


def read_recipes(file: Path) -> Recipes:
    """What made a picture, or each layer of a painting that has a recipe.

    Raises:
        VelaturaError: ``invalid_value`` when there is none, or none that can be read.
    """
    found: list[FoundRecipe] = []
    problems: list[str] = []
    for name, place, png in _pictures(file):
        try:
            recipe = read_recipe(png, place)
        except VelaturaError as error:
            problems.append(error.info.message)
            continue
        if recipe is not None:
            found.append(FoundRecipe(name, recipe))
    if found:
        return Recipes(tuple(found), tuple(problems))
    raise VelaturaError("invalid_value", problems[0] if problems else f"{file.name} holds no recipe of Velatura.")


def _pictures(file: Path) -> list[tuple[str, str, bytes]]:
    """Of each picture its name, its name in a sentence, and the file that may hold a recipe."""
    data = read_file(file)
    if not zipfile.is_zipfile(file):
        return [(file.name, file.name, data)]
    painting, _merged = decode_ora(data, file.name)
    pictures: list[tuple[str, str, bytes]] = []
    for layer in painting.layers():
        name, source = layer.get("name", ""), painting.data_of(layer) or b""
        if is_png(source):  # another program's layers may be of other kinds
            pictures.append((name, f"the layer {quoted(name)} of {file.name}", source))
    return pictures
