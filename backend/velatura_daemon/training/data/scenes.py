"""Composes a plan into a picture and its depth map."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .backgrounds import draw_backdrop
from .plans import ScenePlan
from .recipe import Recipe
from .relief import relief, silhouette
from .sprites import Sprites

ByteArray = NDArray[np.uint8]

#: Side of a thing as a share of the picture's: alone, and beside another.
SIDE_ALONE = (0.64, 0.86)
SIDE_BESIDE = (0.43, 0.5)
#: A thing alone lies in the middle, give or take this share of the room around it.
OFF_CENTRE = 0.4
#: A thing beside another begins between these shares of the room above and below it.
HEIGHT_BESIDE = (0.3, 0.7)
#: Depth of the plateau that the first thing stands on; each further thing lies in front of the one before it.
PLATEAU = 130
PLATEAU_STEP = 25
#: How far a thing rises from its plateau.
RELIEF_HEIGHT = 100


@dataclass(frozen=True, kw_only=True)
class Box:
    """The square that a thing was drawn into: left edge, top edge and side in pixels."""

    x: int
    y: int
    side: int


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A composed picture.

    Attributes:
        rgb: (height, width, 3), uint8.
        depth: (height, width), uint8, 255 = nearest and 0 = farthest.
        boxes: where each thing of ``plan`` is, in the same order.
    """

    rgb: ByteArray
    depth: ByteArray
    plan: ScenePlan
    boxes: tuple[Box, ...]


class Composer:
    def __init__(self, recipe: Recipe, sprites: Sprites) -> None:
        self._recipe = recipe
        self._sprites = sprites

    def compose(self, plan: ScenePlan, random: random.Random) -> Scene:
        """The same plan and state of ``random`` give the same picture."""
        backdrop = draw_backdrop(self._recipe, plan.background, random)
        picture = Image.fromarray(backdrop.rgb)
        depth = backdrop.depth.copy()
        boxes = _place(len(plan.things), self._recipe.size, random)
        for index, (thing, box) in enumerate(zip(plan.things, boxes, strict=True)):
            sprite = _scaled(self._sprites.sprite(thing), box.side)
            picture.paste(sprite, (box.x, box.y), sprite)
            _raise(depth, np.asarray(sprite), box, PLATEAU + PLATEAU_STEP * index)
        return Scene(rgb=np.asarray(picture), depth=depth, plan=plan, boxes=boxes)


def _place(count: int, size: int, random: random.Random) -> tuple[Box, ...]:
    if count == 1:
        side = int(size * random.uniform(*SIDE_ALONE))
        room = size - side
        x, y = (int(room * (0.5 + random.uniform(-OFF_CENTRE, OFF_CENTRE))) for _ in "xy")
        return (Box(x=x, y=y, side=side),)
    boxes: list[Box] = []
    column = size / count
    for index in range(count):
        side = int(size * random.uniform(*SIDE_BESIDE) * 2 / count)
        x = int(index * column + random.uniform(0, max(0.0, column - side)))
        boxes.append(Box(x=x, y=int((size - side) * random.uniform(*HEIGHT_BESIDE)), side=side))
    return tuple(boxes)


def _scaled(sprite: ByteArray, side: int) -> Image.Image:
    shrinks = side < sprite.shape[0]
    filter_kind = Image.Resampling.BILINEAR if shrinks else Image.Resampling.BICUBIC
    return Image.fromarray(sprite).resize((side, side), filter_kind)


def _raise(depth: ByteArray, sprite: ByteArray, box: Box, plateau: int) -> None:
    """Writes a thing into the depth map where it hides what is behind it."""
    window = depth[box.y : box.y + box.side, box.x : box.x + box.side]
    height = np.minimum(plateau + relief(sprite) * RELIEF_HEIGHT, 255)
    np.copyto(window, height.astype(np.uint8), where=silhouette(sprite))
