"""A recipe says what a composed data set is made of: artwork, things, colours, backgrounds, scenes, and how often each.

Recipes are TOML files. ``recipes/`` beside this file holds those that ship; ``small.toml`` explains every key.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from velatura_protocol.errors import VelaturaError

from .recipe_reader import Table

Rgb = tuple[int, int, int]
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
#: How a source keeps its artwork: one picture file an emoji, or all of them as SVG bodies in one icons.json.
ARTWORK_FORMS = ("pictures", "iconify")
RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, kw_only=True)
class Source:
    """An npm package with artwork. ``integrity`` is npm's own: ``sha512-`` and the digest in base64."""

    package: str
    version: str
    integrity: str
    form: str
    licence: str
    copyright: str
    homepage: str


@dataclass(frozen=True, kw_only=True)
class Style:
    """``render`` goes before the things ("3d render of a cat"), ``adjective`` behind ("a cat, 3d style"), ``zh`` too.

    ``zh`` is "" where Chinese captions do not name the style.
    """

    render: str
    adjective: str
    zh: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One kind of thing.

    Attributes:
        emoji: the character that finds its artwork in every source.
        names: for each language its name and then synonyms.
        natural: the colour word of the artwork as it is, None when no single word fits.
        recolour: colours in which it is drawn too; empty when it keeps its own.
        plural: its English names take no article.
    """

    emoji: str
    names: Mapping[Language, tuple[str, ...]]
    natural: str | None
    recolour: tuple[str, ...]
    plural: bool


@dataclass(frozen=True, kw_only=True)
class Colour:
    """``zh`` without 色, as in 红."""

    rgb: Rgb
    zh: str


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Stars or flakes: between ``count[0]`` and ``count[1]`` of them, with a radius drawn from ``radii``.

    Radii are pixels of a picture 128 wide and grow with it; 0 is a single pixel.
    """

    colour: Rgb
    count: tuple[int, int]
    radii: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class SceneKind:
    """A place. Colour pairs run from top to bottom; without ``ground`` the sky fills the picture."""

    phrases: Mapping[Language, tuple[str, ...]]
    sky: tuple[Rgb, Rgb]
    ground: tuple[Rgb, Rgb] | None
    water: Rgb | None
    dots: Dots | None


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How often, 0..1, something happens when a scene is planned or a caption is worded."""

    two_things: float
    scene: float
    recoloured: float
    same_colour_kept: float
    synonym: float
    natural_colour_named: float
    article_left_out: float
    style_before: float
    style_behind: float
    background_named: float


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a composed data set, except seed and count.

    Attributes:
        size: side of the square pictures, in pixels.
        sprite_side: side of the square that the artwork is trimmed into, in pixels.
        things: by key; the key is part of what decides which compositions are held out.
        unseen: things that no data folder shows, kept for teaching one of them to a finished model.
        colours: what things can be recoloured to.
        backgrounds: plain ones. Their names and those of ``scenes`` differ.
    """

    name: str
    size: int
    sprite_side: int
    styles: Mapping[str, Style]
    things: Mapping[str, Thing]
    unseen: Mapping[str, Thing]
    colours: Mapping[str, Colour]
    backgrounds: Mapping[str, Colour]
    scenes: Mapping[str, SceneKind]
    shares: Shares

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(style.source for style in self.styles.values())

    def thing(self, key: str) -> Thing:
        """Also finds those of ``unseen``."""
        return self.things.get(key) or self.unseen[key]


def recipe_file(name_or_path: str | Path) -> Path:
    """The file of a recipe that ships (``small``) or the path itself.

    Raises:
        VelaturaError: ``invalid_value`` naming the recipes that there are.
    """
    shipped = RECIPES / f"{name_or_path}.toml"
    if shipped.parent == RECIPES and shipped.is_file():
        return shipped
    path = Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise VelaturaError(
            "invalid_value",
            f"There is no recipe {str(name_or_path)!r}. Give a TOML file, or one of: {names}.",
        )
    return path


def read_recipe(name_or_path: str | Path) -> Recipe:
    """Raises ``VelaturaError`` ``invalid_value`` that names the file, the key and what it must be."""
    path = recipe_file(name_or_path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VelaturaError("invalid_value", f"The recipe {path} is not a TOML file: {error}.") from None
    recipe = _recipe(path.stem, Table(content, f"The recipe {path}"))
    _check(recipe, path)
    return recipe


def _recipe(name: str, table: Table) -> Recipe:
    things, unseen = table.tables("things"), table.tables("unseen", optional=True)
    return Recipe(
        name=name,
        size=table.whole("size", least=32),
        sprite_side=table.whole("sprite_side", least=32),
        styles={key: _style(part) for key, part in table.tables("styles").items()},
        things={key: _thing(part) for key, part in things.items()},
        unseen={key: _thing(part) for key, part in unseen.items()},
        colours={key: _colour(part) for key, part in table.tables("colours").items()},
        backgrounds={key: _colour(part) for key, part in table.tables("backgrounds").items()},
        scenes={key: _scene(part) for key, part in table.tables("scenes", optional=True).items()},
        shares=Shares(**{key: table.table("shares").share(key) for key in Shares.__dataclass_fields__}),
    )


def _style(table: Table) -> Style:
    source = table.table("source")
    words = {key: source.text(key) for key in ("package", "version", "integrity", "licence", "copyright", "homepage")}
    return Style(
        render=table.text("render"),
        adjective=table.text("adjective"),
        zh=table.text("zh", default=""),
        source=Source(form=source.text("form", one_of=ARTWORK_FORMS), **words),
    )


def _thing(table: Table) -> Thing:
    return Thing(
        emoji=table.text("emoji"),
        names={language: table.texts(language) for language in LANGUAGES},
        natural=table.text("natural", default="") or None,
        recolour=table.texts("recolour", optional=True),
        plural=table.flag("plural"),
    )


def _colour(table: Table) -> Colour:
    return Colour(rgb=table.rgb("rgb"), zh=table.text("zh"))


def _scene(table: Table) -> SceneKind:
    dots = table.table("dots") if "dots" in table else None
    return SceneKind(
        phrases={language: table.texts(language) for language in LANGUAGES},
        sky=table.rgb_pair("sky"),
        ground=table.rgb_pair("ground") if "ground" in table else None,
        water=table.rgb("water") if "water" in table else None,
        dots=dots and Dots(colour=dots.rgb("colour"), count=dots.whole_pair("count"), radii=dots.wholes("radii")),
    )


def _check(recipe: Recipe, path: Path) -> None:
    """What one table demands of another."""
    problem = ""
    for key, thing in {**recipe.things, **recipe.unseen}.items():
        for colour in (*thing.recolour, *((thing.natural,) if thing.natural else ())):
            if colour not in recipe.colours:
                problem = f"{key!r} has the colour {colour!r}, which is not among the colours"
    both = set(recipe.things) & set(recipe.unseen)
    if both:
        problem = f"{', '.join(sorted(both))} cannot be among things and unseen at once"
    both = set(recipe.backgrounds) & set(recipe.scenes)
    if both:
        problem = f"{', '.join(sorted(both))} cannot be a background and a scene at once"
    if len(recipe.things) < 2 and recipe.shares.two_things > 0:
        problem = "two_things must be 0 when there is only one thing"
    if problem:
        raise VelaturaError("invalid_value", f"The recipe {path} contradicts itself: {problem}.")
