"""The things as pictures with transparency, trimmed to fill squares of one size, in every colour of a recipe."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from velatura_protocol.errors import VelaturaError

from .artwork import find_artwork
from .plans import NATURAL, ThingPlan
from .recipe import Recipe
from .recolour import recolour
from .sources import unpacked_folder

ByteArray = NDArray[np.uint8]

#: Alpha, 0..255, of the faintest pixel that still belongs to the artwork.
VISIBLE_ALPHA = 12


class Sprites:
    """RGBA squares (side, side, 4), uint8. Recoloured ones are made when first asked for."""

    def __init__(self, recipe: Recipe, natural: dict[tuple[str, str], ByteArray]) -> None:
        """``natural`` has the artwork by key of the thing and name of the style."""
        self._recipe = recipe
        self._natural = natural
        self._recoloured = cache(self._recolour)

    def sprite(self, thing: ThingPlan) -> ByteArray:
        """Not to be written to: it is the one that every picture is made from."""
        if thing.variant == NATURAL:
            return self._natural[thing.key, thing.style]
        return self._recoloured(thing.key, thing.style, thing.variant)

    def _recolour(self, key: str, style: str, colour: str) -> ByteArray:
        return recolour(self._natural[key, style], colour, self._recipe.colours[colour].rgb)


def load_sprites(recipe: Recipe, sources: Path) -> Sprites:
    """Reads what ``fetch_sources`` put into the folder ``sources``.

    Raises:
        VelaturaError: ``invalid_value`` naming the things that a source has no artwork for.
    """
    natural: dict[tuple[str, str], ByteArray] = {}
    missing: list[str] = []
    for style_name, style in recipe.styles.items():
        package = unpacked_folder(sources, style.source)
        for key, thing in {**recipe.things, **recipe.unseen}.items():
            artwork = find_artwork(package, style.source.form, thing.emoji)
            if artwork is None:
                missing.append(f"{key} ({thing.emoji}) in {style.source.package}")
            else:
                natural[key, style_name] = trim(artwork, recipe.sprite_side)
    if missing:
        raise VelaturaError(
            "invalid_value", f"There is no artwork for {', '.join(missing)}. Take these things out of the recipe."
        )
    return Sprites(recipe, natural)


def trim(artwork: Image.Image, side: int) -> ByteArray:
    """What is visible of an RGBA picture, as large as it can be and in the middle of a transparent square."""
    rows, columns = np.where(np.asarray(artwork)[..., 3] > VISIBLE_ALPHA)
    box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    visible = artwork.crop(box)
    scale = side / max(visible.size)
    fitted = visible.resize(
        (max(1, round(visible.width * scale)), max(1, round(visible.height * scale))), Image.Resampling.LANCZOS
    )
    square = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    square.paste(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    return np.asarray(square)
