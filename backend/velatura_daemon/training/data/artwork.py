"""Finds the picture of an emoji in an unpacked source: a file of its own, or an SVG body in an icon collection."""

import io
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from velatura_protocol.errors import VelaturaError

#: SVG is drawn at this side, in pixels: more than any sprite is trimmed to.
SVG_SIDE = 512
#: Asks for the coloured picture of a character; sources write it into their names or leave it out.
VARIATION_SELECTOR = "-fe0f"


def find_artwork(package: Path, form: str, emoji: str) -> Image.Image | None:
    """The emoji as RGBA from the unpacked ``package``; None when it has none.

    Raises:
        VelaturaError: ``invalid_value`` when drawing SVG takes a library that is not installed.
    """
    code = "-".join(f"{ord(character):04x}" for character in emoji)
    codes = (code, code.replace(VARIATION_SELECTOR, ""), code + VARIATION_SELECTOR)
    if form == "pictures":
        return _from_picture(package, codes)
    return _from_collection(package, codes)


def _from_picture(package: Path, codes: tuple[str, ...]) -> Image.Image | None:
    for code in codes:
        path = package / "assets" / f"{code}.webp"
        if path.is_file():
            with Image.open(path) as picture:
                return picture.convert("RGBA")
    return None


def _from_collection(package: Path, codes: tuple[str, ...]) -> Image.Image | None:
    icons, names = _read_json(package / "icons.json"), _read_json(package / "chars.json")
    name = next((names[code] for code in codes if code in names), None)
    if name is None:
        return None
    icon = icons["icons"].get(name) or icons["icons"][icons["aliases"][name]["parent"]]
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    svg = f'<svg {namespaces} viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    png = _svg_renderer()(svg_string=svg, width=SVG_SIDE, height=SVG_SIDE)
    with Image.open(io.BytesIO(bytes(png))) as picture:
        return picture.convert("RGBA")


@cache
def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _svg_renderer() -> Callable[..., bytes]:
    try:
        from resvg_py import svg_to_bytes  # pyright: ignore[reportMissingImports]  # in the extra "train"
    except ImportError:
        raise VelaturaError(
            "invalid_value",
            "This recipe has artwork in SVG, and resvg_py, which draws it, is not installed. "
            f"Install it with: {sys.executable} -m pip install 'velatura[train]'.",
        ) from None
    return svg_to_bytes
