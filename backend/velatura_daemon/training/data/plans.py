"""What a picture is to show, decided before anything is drawn, and which plans training never gets to see."""

import random
import zlib
from dataclasses import dataclass

from velatura_protocol.errors import VelaturaError

from .recipe import Recipe

#: The variant of a thing whose artwork keeps its own colours; any other variant is the name of a colour.
NATURAL = "natural"
#: One plan in this many is held out.
HELD_OUT_EACH = 10
#: With the shares of any sensible recipe a plan fits after a few draws; after this many the recipe leaves none.
MAXIMUM_DRAWS = 10_000


@dataclass(frozen=True, kw_only=True)
class ThingPlan:
    """``colour`` is the colour word that fits the thing as drawn, natural or not; None when no single word does."""

    key: str
    colour: str | None
    variant: str
    style: str


@dataclass(frozen=True, kw_only=True)
class ScenePlan:
    """``things`` from left to right, ``background`` the name of a plain background or of a scene."""

    things: tuple[ThingPlan, ...]
    background: str


def is_held_out(plan: ScenePlan) -> bool:
    """Whether training must never see this composition: a colour of a thing on a background, or a pair of things.

    A fixed property of the names in the plan, so that a composition that was held out from one data set is held out
    from every other one.
    """
    if len(plan.things) == 1:
        parts = (plan.things[0].key, str(plan.things[0].colour), plan.background)
    else:
        parts = tuple(sorted(thing.key for thing in plan.things))
    return zlib.crc32("/".join(parts).encode()) % HELD_OUT_EACH == 0


def draw_plan(recipe: Recipe, random: random.Random, *, held_out: bool, things: int | None = None) -> ScenePlan:
    """A plan as the recipe's shares have it, among those that are (or are not) held out.

    Args:
        things: 1 or 2; None leaves it to the recipe.

    Raises:
        VelaturaError: ``invalid_value`` when the recipe leaves no such plan.
    """
    for _ in range(MAXIMUM_DRAWS):
        plan = _draw(recipe, random, things)
        keys = {thing.key for thing in plan.things}
        hard_to_see = plan.things[0].colour == plan.background
        if len(keys) < len(plan.things) or (hard_to_see and random.random() >= recipe.shares.same_colour_kept):
            continue
        if is_held_out(plan) == held_out:
            return plan
    raise VelaturaError(
        "invalid_value", f"The recipe {recipe.name} leaves no scene to compose. Give it more things or backgrounds."
    )


def natural_plan(recipe: Recipe, key: str, style: str) -> ThingPlan:
    """The thing as its artwork is."""
    return ThingPlan(key=key, colour=recipe.thing(key).natural, variant=NATURAL, style=style)


def _draw(recipe: Recipe, random: random.Random, things: int | None) -> ScenePlan:
    in_place = bool(recipe.scenes) and random.random() < recipe.shares.scene
    background = random.choice(list(recipe.scenes if in_place else recipe.backgrounds))
    style = random.choice(list(recipe.styles))
    if things is None:
        things = 2 if random.random() < recipe.shares.two_things else 1
    return ScenePlan(things=tuple(_draw_thing(recipe, random, style) for _ in range(things)), background=background)


def _draw_thing(recipe: Recipe, random: random.Random, style: str) -> ThingPlan:
    key = random.choice(list(recipe.things))
    recolour = recipe.things[key].recolour
    if recolour and random.random() < recipe.shares.recoloured:
        colour = random.choice(recolour)
        return ThingPlan(key=key, colour=colour, variant=colour, style=style)
    return natural_plan(recipe, key, style)
