"""PNG with what made it: ``parameters`` as the Stable Diffusion WebUI writes them, and our own recipe as JSON."""

import io
import json
import warnings
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from velatura_client.recipe import parameters_text
from velatura_protocol.errors import VelaturaError

from .picture import Rgba
from .recipe_text import decode_recipe

RECIPE_KEY = "velatura"
PARAMETERS_KEY = "parameters"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_png(rgba: Rgba, recipe: dict[str, Any] | None = None) -> bytes:
    """The picture as PNG, without alpha channel where all is opaque. ``recipe``: from ``velatura_client.recipe``."""
    information = PngImagePlugin.PngInfo()
    if recipe is not None:
        information.add_text(PARAMETERS_KEY, _writable(parameters_text(recipe)))
        information.add_itxt(RECIPE_KEY, _writable(json.dumps(recipe, ensure_ascii=False, sort_keys=True)))
    opaque = bool((rgba[..., 3] == 255).all())
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgba[..., :3]) if opaque else rgba).save(stream, "PNG", pnginfo=information)
    return stream.getvalue()


def _writable(text: str) -> str:
    """Without halves of characters: UTF-8 cannot carry them, and the picture is there already."""
    return text.encode("utf-8", "replace").decode("utf-8")


def read_recipe(data: bytes, name: str) -> dict[str, Any] | None:
    """The recipe in a PNG, None when it has none.

    Raises:
        VelaturaError: ``invalid_value`` when it is no PNG, or its recipe cannot be read.
    """
    text = _texts(data, name).get(RECIPE_KEY)
    return None if text is None else decode_recipe(text, name)


def is_png(data: bytes) -> bool:
    return data.startswith(_SIGNATURE)


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
