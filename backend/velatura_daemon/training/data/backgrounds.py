"""Draws what is behind the things: plain colours and simple scenes, each with its depth."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .recipe import Dots, Recipe, Rgb, SceneKind

FloatArray = NDArray[np.floating[Any]]
ByteArray = NDArray[np.uint8]

#: A plain colour is shifted by up to this much, of 255, in each channel: nobody paints one exact value.
COLOUR_SHIFT = 8.0
#: So often a plain background gets darker towards the bottom, by a share between these.
DARKENED = 0.3
DARKENING = (0.05, 0.18)
#: The horizon lies this far down, as a share of the height.
HORIZON = (0.52, 0.66)
#: Height of the water above the ground, as a share of the picture's.
WATER = 1 / 8
#: The picture width, in pixels, that the radii of dots are given for.
DOTS_WIDTH = 128
#: Depth, 0 farthest to 255 nearest: a plain background comes nearer towards the bottom up to this,
PLAIN_NEAREST = 40
#: and a scene's ground from here at the horizon up to there. Every thing is nearer than that.
GROUND_FARTHEST = 10
GROUND_NEAREST = 110


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """``rgb`` (height, width, 3) uint8; ``depth`` (height, width) uint8, 255 = nearest."""

    rgb: ByteArray
    depth: ByteArray


def draw_backdrop(recipe: Recipe, name: str, random: random.Random) -> Backdrop:
    """The background or scene ``name``, ``recipe.size`` square; ``random`` decides shades, horizon and dots."""
    scene = recipe.scenes.get(name)
    if scene is None:
        return _plain(recipe.backgrounds[name].rgb, recipe.size, random)
    return _scene(scene, recipe.size, random)


def _plain(rgb: Rgb, size: int, random: random.Random) -> Backdrop:
    shifted = [part + random.uniform(-COLOUR_SHIFT, COLOUR_SHIFT) for part in rgb]
    pixels = np.ones((size, size, 3), np.float32) * np.clip(np.array(shifted, np.float32), 0, 255)
    if random.random() < DARKENED:
        pixels *= 1 - np.linspace(0, random.uniform(*DARKENING), size, dtype=np.float32)[:, None, None]
    return Backdrop(rgb=pixels.astype(np.uint8), depth=_ramp(0, PLAIN_NEAREST, size, size))


def _scene(scene: SceneKind, size: int, random: random.Random) -> Backdrop:
    pixels = _gradient(scene.sky, size, size)
    depth = np.zeros((size, size), np.uint8)
    if scene.ground:
        horizon = int(size * random.uniform(*HORIZON))
        pixels[horizon:] = _gradient(scene.ground, size - horizon, size)
        depth[horizon:] = _ramp(GROUND_FARTHEST, GROUND_NEAREST, size - horizon, size)
        if scene.water:
            pixels[horizon - int(size * WATER) : horizon] = scene.water
            depth[horizon - int(size * WATER) : horizon] = GROUND_FARTHEST
    picture = Image.fromarray(pixels.astype(np.uint8))
    if scene.dots:
        _draw_dots(picture, scene.dots, random)
    return Backdrop(rgb=np.asarray(picture), depth=depth)


def _draw_dots(picture: Image.Image, dots: Dots, random: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    scale = picture.width // DOTS_WIDTH or 1
    for _ in range(random.randint(*dots.count)):
        x, y = random.randrange(picture.width), random.randrange(picture.height)
        radius = random.choice(dots.radii) * scale
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dots.colour)


def _gradient(colours: tuple[Rgb, Rgb], height: int, width: int) -> FloatArray:
    """(height, width, 3), 0..255, from the first colour at the top to the second at the bottom."""
    top, bottom = (np.array(colour, np.float32) for colour in colours)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.broadcast_to(top * (1 - down) + bottom * down, (height, width, 3)).copy()


def _ramp(top: int, bottom: int, height: int, width: int) -> ByteArray:
    """(height, width) depth from ``top`` in the first row to ``bottom`` in the last."""
    return np.broadcast_to(np.linspace(top, bottom, height)[:, None], (height, width)).astype(np.uint8)
