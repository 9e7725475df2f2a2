"""Reads the JSON of a recipe, which may be damaged, hostile, or of another program."""

import json
import math
from collections.abc import Mapping
from typing import Any, cast

from velatura_client.recipe import RECIPE_VERSION
from velatura_protocol.errors import VelaturaError

#: How deep lists and maps of a recipe may be nested; ours are five deep.
DEEPEST = 32
_NUMBER = (int, float)
#: What a recipe must have to be shown, and of which type. True is not a number.
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "velatura": (str,),
    "seed": (int,),
    "request.task": (str,),
    "request.model": (str,),
    "request.prompt": (str,),
    "request.negative_prompt": (str,),
    "request.steps": (int,),
    "request.sampler": (str,),
    "request.guidance_scale": _NUMBER,
    "request.strength": _NUMBER,
    "report.sampler": (str,),
    "report.run_width": (int,),
    "report.run_height": (int,),
}


def decode_recipe(text: str, name: str) -> dict[str, Any]:
    """A plain value that can be shown and written again. ``name``: of the picture, for the error.

    Raises:
        VelaturaError: ``invalid_value``, with what is wrong.
    """
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(name, "it is not JSON") from None
    if not isinstance(recipe, dict):
        raise _damaged(name, "it is not a map")
    problem = _version_problem(cast("dict[str, Any]", recipe)) or _size_problem(recipe)
    if problem:
        raise _damaged(name, problem)
    for field, types in _FIELDS.items():
        value: Any = cast("Any", recipe)
        for part in field.split("."):
            value = cast("Any", value).get(part) if isinstance(value, dict) else None
        if type(value) not in types:
            raise _damaged(name, f"{field} is missing" if value is None else f"{field} has another type")
    return cast("dict[str, Any]", recipe)


def _version_problem(recipe: Mapping[str, Any]) -> str:
    version = recipe.get("recipe")
    if type(version) is not int:
        return "it does not say its version"
    return f"its version is {version}, a newer Velatura wrote it" if version > RECIPE_VERSION else ""


def _size_problem(recipe: object) -> str:
    """Looks at every value, without recursion: what is nested too deeply would end that as well."""
    level: list[Any] = [recipe]
    for _depth in range(DEEPEST):
        if not level:
            return ""
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += cast("dict[str, Any]", value).values()
            elif isinstance(value, list):
                inner += cast("list[Any]", value)
            elif isinstance(value, _NUMBER) and not _is_ordinary(value):
                return "a number is out of range"
        level = inner
    return "it is nested too deeply"


def _is_ordinary(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float holds
        return False


def _damaged(name: str, why: str) -> VelaturaError:
    return VelaturaError("invalid_value", f"The recipe in {name} cannot be read: {why}.")
