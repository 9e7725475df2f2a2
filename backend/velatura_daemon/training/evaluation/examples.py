"""Labelled pictures that the classifier learns from and is checked on."""

import random
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.training.data.backgrounds import draw_backdrop
from velatura_daemon.training.data.plans import ScenePlan, draw_plan, natural_plan
from velatura_daemon.training.data.recipe import Recipe
from velatura_daemon.training.data.scenes import Composer

from .nonsense import draw_nonsense

#: How the pictures that teach the classifier are shared out; the rest shows one thing.
TWO_THINGS = 0.2
NONSENSE = 0.15
#: Label of what is not there, such as the colour of a thing that has many: nothing is learnt from it.
UNKNOWN = -1
#: The classifier sees pictures reduced to this side, in pixels. Enough to name a thing; four times as fast as twice
#: the side; and it does not hold against a small model that its pictures are soft.
SEEN_SIDE = 64


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What the classifier can say: the last of ``things`` is "nothing"."""

    things: tuple[str, ...]
    colours: tuple[str, ...]
    backgrounds: tuple[str, ...]

    @property
    def nothing(self) -> int:
        return len(self.things) - 1


@dataclass(frozen=True, kw_only=True)
class Examples:
    """n pictures.

    Attributes:
        pictures: (n, side, side, 3) uint8, reduced to what the classifier sees.
        things: (n, things) float32, each row adds up to 1: two things have a half each.
        colours: (n,) int64, index among the colours or ``UNKNOWN``. backgrounds: (n,) likewise.
        The background of nonsense is unknown: little or nothing of it may be left.
    """

    pictures: NDArray[np.uint8]
    things: NDArray[np.float32]
    colours: NDArray[np.int64]
    backgrounds: NDArray[np.int64]


def labels_of(recipe: Recipe) -> Labels:
    return Labels(
        things=(*recipe.things, *recipe.unseen, "nothing"),
        colours=tuple(recipe.colours),
        backgrounds=(*recipe.backgrounds, *recipe.scenes),
    )


def draw_examples(recipe: Recipe, composer: Composer, count: int, seed: int) -> Examples:
    """Pictures to learn from: one thing, two, or nonsense; no composition that is held out."""
    draw = random.Random(seed)
    plans, is_nonsense = [], []
    for _ in range(count):
        kind = draw.random()
        is_nonsense.append(kind < NONSENSE)
        two = NONSENSE <= kind < NONSENSE + TWO_THINGS and len(recipe.things) > 1
        plans.append(_any_thing(recipe, draw) if not two else draw_plan(recipe, draw, held_out=False, things=2))
    return render(recipe, composer, plans, draw, is_nonsense)


def held_out_examples(recipe: Recipe, composer: Composer, count: int, things: int, seed: int) -> Examples:
    """Pictures of ``things`` things (1 or 2) in compositions that neither classifier nor model was taught."""
    draw = random.Random(seed)
    plans = [draw_plan(recipe, draw, held_out=True, things=things) for _ in range(count)]
    return render(recipe, composer, plans, draw, [False] * count)


def nonsense_examples(recipe: Recipe, composer: Composer, count: int, seed: int) -> Examples:
    draw = random.Random(seed)
    plans = [draw_plan(recipe, draw, held_out=False, things=1) for _ in range(count)]
    return render(recipe, composer, plans, draw, [True] * count)


def render(
    recipe: Recipe, composer: Composer, plans: list[ScenePlan], draw: random.Random, is_nonsense: list[bool]
) -> Examples:
    labels = labels_of(recipe)
    side = min(recipe.size, SEEN_SIDE)
    pictures = np.empty((len(plans), side, side, 3), np.uint8)
    things = np.zeros((len(plans), len(labels.things)), np.float32)
    colours = np.full(len(plans), UNKNOWN, np.int64)
    backgrounds = np.full(len(plans), UNKNOWN, np.int64)
    for index, (plan, nonsense) in enumerate(zip(plans, is_nonsense, strict=True)):
        scene = composer.compose(plan, draw)
        if nonsense:
            backdrop = draw_backdrop(recipe, plan.background, draw).rgb
            pictures[index] = seen(draw_nonsense(scene, backdrop, draw), side)
            things[index, labels.nothing] = 1
            continue
        pictures[index] = seen(scene.rgb, side)
        backgrounds[index] = labels.backgrounds.index(plan.background)
        for thing in plan.things:
            things[index, labels.things.index(thing.key)] = 1 / len(plan.things)
        colour = plan.things[0].colour
        if len(plan.things) == 1 and colour is not None:
            colours[index] = labels.colours.index(colour)
    return Examples(pictures=pictures, things=things, colours=colours, backgrounds=backgrounds)


def seen(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 to (side, side, 3)."""
    if picture.shape[:2] == (side, side):
        return picture
    filter_kind = cv2.INTER_AREA if picture.shape[0] > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=filter_kind), np.uint8)


def _any_thing(recipe: Recipe, draw: random.Random) -> ScenePlan:
    """One thing, the unseen ones as often as the others."""
    plan = draw_plan(recipe, draw, held_out=False, things=1)
    key = draw.choice([*recipe.things, *recipe.unseen])
    if key not in recipe.unseen:
        return plan
    return replace(plan, things=(natural_plan(recipe, key, plan.things[0].style),))
