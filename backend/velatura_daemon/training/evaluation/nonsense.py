"""Pictures that show no thing. A classifier that never saw any gives every blob the name of the nearest thing."""

import random
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from velatura_daemon.training.data.scenes import Scene

ByteArray = NDArray[np.uint8]

#: The box of a thing is cut into this many tiles along a side, and they are shuffled.
TILES = 4
#: Blur that leaves nothing of a thing but its colour, as a share of the picture's side.
DISSOLVING_BLUR = 0.09
#: Side of the coarse grid of random colours that noise is enlarged from.
NOISE_GRIDS = (4, 8, 16, 32)


def draw_nonsense(scene: Scene, backdrop: ByteArray, random: random.Random) -> ByteArray:
    """(height, width, 3) uint8: blobs, noise, or what is left of ``scene`` when it is shuffled or dissolved.

    ``backdrop``: (height, width, 3) uint8, the background of the scene without things.
    """
    return random.choice(_KINDS)(scene, backdrop, random)


def _empty(_scene: Scene, backdrop: ByteArray, _random: random.Random) -> ByteArray:
    return backdrop


def _blobs(scene: Scene, backdrop: ByteArray, random: random.Random) -> ByteArray:
    picture = Image.fromarray(backdrop)
    size = picture.width
    colours = [tuple(int(part) for part in scene.rgb[_inside(scene, random)]) for _ in range(3)]
    for colour in colours[: random.randint(1, 3)]:
        width, height = (int(size * random.uniform(0.25, 0.7)) for _ in "wh")
        left, top = random.randint(0, size - width), random.randint(0, size - height)
        blob = Image.new("L", picture.size, 0)
        ImageDraw.Draw(blob).ellipse((left, top, left + width, top + height), fill=255)
        mask = blob.rotate(random.uniform(0, 180)).filter(ImageFilter.GaussianBlur(size * random.uniform(0.01, 0.08)))
        picture.paste(colour, mask=mask)
    return np.asarray(picture)


def _noise(_scene: Scene, backdrop: ByteArray, random: random.Random) -> ByteArray:
    generator = np.random.default_rng(random.getrandbits(32))
    height, width = backdrop.shape[:2]
    grid = random.choice(NOISE_GRIDS)
    field = generator.normal(0, random.uniform(15, 70), (grid, grid, 3)).astype(np.float32)
    return np.clip(backdrop + cv2.resize(field, (width, height)), 0, 255).astype(np.uint8)


def _shuffled(scene: Scene, _backdrop: ByteArray, random: random.Random) -> ByteArray:
    picture = scene.rgb.copy()
    for box in scene.boxes:
        side = box.side // TILES
        corners = [(box.y + row * side, box.x + column * side) for row in range(TILES) for column in range(TILES)]
        targets = random.sample(corners, len(corners))
        for (top, left), (to_top, to_left) in zip(corners, targets, strict=True):
            picture[to_top : to_top + side, to_left : to_left + side] = scene.rgb[top : top + side, left : left + side]
    blur = len(picture) * random.uniform(0.005, 0.03)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)


def _dissolved(scene: Scene, _backdrop: ByteArray, random: random.Random) -> ByteArray:
    side = len(scene.rgb)
    blurred = cv2.GaussianBlur(scene.rgb, (0, 0), side * DISSOLVING_BLUR * random.uniform(1, 1.5))
    return _noise(scene, np.asarray(blurred, np.uint8), random)


def _inside(scene: Scene, random: random.Random) -> tuple[int, int]:
    """Row and column of some pixel near the middle of the first thing."""
    box = scene.boxes[0]
    row, column = (int(corner + box.side * random.uniform(0.25, 0.75)) for corner in (box.y, box.x))
    return row, column


_KINDS: tuple[Callable[[Scene, ByteArray, random.Random], ByteArray], ...] = (
    _empty,
    _blobs,
    _blobs,
    _noise,
    _shuffled,
    _dissolved,
)
