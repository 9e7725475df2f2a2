"""PNG with what made it: ``parameters`` as the Stable Diffusion WebUI writes them, and our own recipe as JSON."""

import io
import json
import warnings
from typing import Any, cast

import numpy as np
from PIL import Image, PngImagePlugin

from velatura_client.recipe import parameters_text
from velatura_protocol.errors import VelaturaError

from .picture import Rgba

RECIPE_KEY = "velatura"
PARAMETERS_KEY = "parameters"


def encode_png(rgba: Rgba, recipe: dict[str, Any] | None = None) -> bytes:
    """The picture as PNG, without alpha channel where all is opaque. ``recipe``: from ``velatura_client.recipe``."""
    information = PngImagePlugin.PngInfo()
    if recipe is not None:
        information.add_text(PARAMETERS_KEY, parameters_text(recipe))
        information.add_itxt(RECIPE_KEY, json.dumps(recipe, ensure_ascii=False, sort_keys=True))
    opaque = bool((rgba[..., 3] == 255).all())
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgba[..., :3]) if opaque else rgba).save(stream, "PNG", pnginfo=information)
    return stream.getvalue()


def read_recipe(data: bytes, name: str) -> dict[str, Any] | None:
    """The recipe in a PNG, None when it has none.

    Raises:
        VelaturaError: ``invalid_value`` when it is no PNG, or its recipe is not one of ours.
    """
    text = _texts(data, name).get(RECIPE_KEY)
    if text is None:
        return None
    try:
        recipe = json.loads(text)
    except ValueError:
        recipe = None
    if not isinstance(recipe, dict) or not isinstance(recipe.get("request"), dict):
        raise VelaturaError("invalid_value", f"The recipe in {name} is damaged.")
    return cast("dict[str, Any]", recipe)


def _texts(data: bytes, name: str) -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # only the texts are read, however large the picture is
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                return {str(key): value for key, value in image.info.items() if isinstance(value, str)}
        except Exception as error:  # noqa: BLE001 - decoders that are fed damaged bytes raise nearly anything
            raise VelaturaError(
                "invalid_value", f"{name} is not a PNG file that can be read ({type(error).__name__})."
            ) from None
