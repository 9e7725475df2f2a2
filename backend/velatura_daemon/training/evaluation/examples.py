"""Labelled pictures that the classifier learns from and is checked on."""

import random
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.training.data.backgrounds import draw_backdrop
from velatura_daemon.training.data.plans import ScenePlan, ThingPlan, draw_plan, natural_plan
from velatura_daemon.training.data.recipe import Recipe
from velatura_daemon.training.data.scenes import Composer

from .nonsense import draw_nonsense

ByteArray = NDArray[np.uint8]

#: How the pictures that teach the classifier are shared out; the rest shows one thing.
HALVES = 0.2
NONSENSE = 0.2
#: Of two things side by side each is judged by itself, in a square of this share of the picture's side. A little more
#: than half, so that the thing is whole, and as large in the square as a thing alone is in a picture.
HALF_VIEW = 0.6
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
class Example:
    """``picture``: (side, side, 3) uint8, reduced to what the classifier sees. Labels are indices or ``UNKNOWN``."""

    picture: ByteArray
    thing: int
    colour: int = UNKNOWN
    background: int = UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Examples:
    """``pictures``: (n, side, side, 3) uint8. The labels: (n,) int64 each, as in ``Example``."""

    pictures: ByteArray
    things: NDArray[np.int64]
    colours: NDArray[np.int64]
    backgrounds: NDArray[np.int64]


def labels_of(recipe: Recipe) -> Labels:
    return Labels(
        things=(*recipe.things, *recipe.unseen, "nothing"),
        colours=tuple(recipe.colours),
        backgrounds=(*recipe.backgrounds, *recipe.scenes),
    )


class Illustrator:
    """Draws examples. The same seeds give the same ones."""

    def __init__(self, recipe: Recipe, composer: Composer) -> None:
        self.labels = labels_of(recipe)
        self.side = min(recipe.size, SEEN_SIDE)
        self.recipe, self.composer = recipe, composer

    def lessons(self, count: int, seed: int) -> Examples:
        """Pictures to learn from: one thing, one of two, or nonsense; no composition that is held out."""
        draw = random.Random(seed)
        return _stacked([self._lesson(draw) for _ in range(count)])

    def held_out(self, count: int, seed: int) -> Examples:
        """One thing each, in compositions that neither classifier nor model was taught."""
        draw = random.Random(seed)
        plans = [draw_plan(self.recipe, draw, held_out=True, things=1) for _ in range(count)]
        return _stacked([self._alone(plan, draw) for plan in plans])

    def held_out_pairs(self, count: int, seed: int) -> tuple[Examples, Examples]:
        """The left and the right thing of the same pictures. Raises as ``draw_plan`` where no pair is held out."""
        draw = random.Random(seed)
        plans = [draw_plan(self.recipe, draw, held_out=True, things=2) for _ in range(count)]
        pairs = [self._both(plan, draw) for plan in plans]
        return _stacked([left for left, _ in pairs]), _stacked([right for _, right in pairs])

    def nonsense(self, count: int, seed: int) -> Examples:
        draw = random.Random(seed)
        return _stacked([self._nonsense(draw) for _ in range(count)])

    def _lesson(self, draw: random.Random) -> Example:
        kind = draw.random()
        if kind < NONSENSE:
            return self._nonsense(draw)
        if kind < NONSENSE + HALVES and len(self.recipe.things) > 1:
            return draw.choice(self._both(draw_plan(self.recipe, draw, held_out=False, things=2), draw))
        plan = draw_plan(self.recipe, draw, held_out=False, things=1)
        key = draw.choice([*self.recipe.things, *self.recipe.unseen])
        if key in self.recipe.unseen:
            plan = replace(plan, things=(natural_plan(self.recipe, key, plan.things[0].style),))
        return self._alone(plan, draw)

    def _alone(self, plan: ScenePlan, draw: random.Random) -> Example:
        return self._labelled(self.composer.compose(plan, draw).rgb, plan.things[0], plan.background)

    def _both(self, plan: ScenePlan, draw: random.Random) -> tuple[Example, Example]:
        left, right = halves(self.composer.compose(plan, draw).rgb)
        one, other = plan.things
        return self._labelled(left, one, plan.background), self._labelled(right, other, plan.background)

    def _nonsense(self, draw: random.Random) -> Example:
        """Its background is unknown: little or nothing of it may be left."""
        plan = draw_plan(self.recipe, draw, held_out=False, things=1)
        scene = self.composer.compose(plan, draw)
        backdrop = draw_backdrop(self.recipe, plan.background, draw).rgb
        return Example(picture=seen(draw_nonsense(scene, backdrop, draw), self.side), thing=self.labels.nothing)

    def _labelled(self, rgb: ByteArray, thing: ThingPlan, background: str) -> Example:
        labels = self.labels
        return Example(
            picture=seen(rgb, self.side),
            thing=labels.things.index(thing.key),
            colour=UNKNOWN if thing.colour is None else labels.colours.index(thing.colour),
            background=labels.backgrounds.index(background),
        )


def halves(rgb: ByteArray) -> tuple[ByteArray, ByteArray]:
    """Of a picture (h, w, 3) the left and the right part, each with one of two things: squares of ``HALF_VIEW``."""
    height, width = rgb.shape[:2]
    side = round(min(height, width) * HALF_VIEW)
    top = (height - side) // 2
    return rgb[top : top + side, :side], rgb[top : top + side, width - side :]


def seen(picture: ByteArray, side: int) -> ByteArray:
    """(height, width, 3) uint8 to (side, side, 3)."""
    if picture.shape[:2] == (side, side):
        return picture
    filter_kind = cv2.INTER_AREA if picture.shape[0] > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=filter_kind), np.uint8)


def _stacked(examples: list[Example]) -> Examples:
    return Examples(
        pictures=np.stack([example.picture for example in examples]),
        things=np.array([example.thing for example in examples], np.int64),
        colours=np.array([example.colour for example in examples], np.int64),
        backgrounds=np.array([example.background for example in examples], np.int64),
    )
