"""Paints the examples: ``harbour.ora`` (layers), ``selection.png`` (a soft lasso) and ``sketch.png`` (a drawing).

    python examples/make_painting.py

The brush is a short round-ended line in a colour that varies a little; each layer is some thousand of them. Everything
is drawn at twice its size and scaled down. The same numbers always give the same picture.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from velatura_cli.files.ora import OraPainting
from velatura_cli.files.ora_render import render
from velatura_cli.files.png import encode_png

WIDTH, HEIGHT = 512, 384
SCALE = 2
HORIZON = 178
SEED = 20261122

Colour = tuple[int, int, int]
ColourAt = Callable[[float, float], Colour]
Box = tuple[float, float, float, float]
AngleAt = Callable[[float, float], float]
Outline = list[tuple[float, float]]


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` 0 = first, 1 = second."""
    share = min(1.0, max(0.0, share))
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))  # type: ignore[return-value]


class Brush:
    """Paints one layer inside an outline."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def layer(
        self,
        outline: Outline,
        colour_at: ColourAt,
        angle_at: AngleAt,
        *,
        count: int,
        length: float,
        width: float,
        soften: float = 0.6,
        jitter: float = 9.0,
    ) -> Image.Image:
        """An RGBA layer of the canvas' size; lengths in pixels, angles in radians, ``jitter`` in steps of 0..255."""
        size = (WIDTH * SCALE, HEIGHT * SCALE)
        colours = Image.new("RGB", size, colour_at(WIDTH / 2, HEIGHT / 2))
        draw = ImageDraw.Draw(colours)
        left, top, right, bottom = _bounds(outline)
        self._ground(draw, (left, top, right, bottom), colour_at)
        for _ in range(count):
            x, y = self._random.uniform(left, right), self._random.uniform(top, bottom)
            self._dab(draw, x, y, colour_at(x, y), angle_at(x, y), length, width, jitter)
        alpha = Image.new("L", size, 0)
        ImageDraw.Draw(alpha).polygon([(x * SCALE, y * SCALE) for x, y in outline], fill=255)
        alpha = alpha.filter(ImageFilter.GaussianBlur(soften * SCALE))
        colours.putalpha(alpha)
        return colours.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)

    def _ground(self, draw: ImageDraw.ImageDraw, bounds: Box, colour_at: ColourAt) -> None:
        left, top, right, bottom = bounds
        for y in range(int(top), int(bottom) + 1, 4):
            for x in range(int(left), int(right) + 1, 16):
                box = (x * SCALE, y * SCALE, (x + 16) * SCALE, (y + 4) * SCALE)
                draw.rectangle(box, fill=colour_at(x, y))

    def _dab(
        self,
        draw: ImageDraw.ImageDraw,
        x: float,
        y: float,
        colour: Colour,
        angle: float,
        length: float,
        width: float,
        jitter: float,
    ) -> None:
        half = length * self._random.uniform(0.4, 1.0) / 2
        angle += self._random.normal(0, 0.12)
        thick = max(1, round(width * self._random.uniform(0.5, 1.2) * SCALE))
        shift = self._random.normal(0, jitter) + self._random.normal(0, jitter / 3, 3)
        fill = tuple(int(min(255, max(0, value + change))) for value, change in zip(colour, shift, strict=True))
        dx, dy = math.cos(angle) * half, math.sin(angle) * half
        ends = [((x - dx) * SCALE, (y - dy) * SCALE), ((x + dx) * SCALE, (y + dy) * SCALE)]
        draw.line(ends, fill=fill, width=thick)
        for end_x, end_y in ends:
            radius = thick / 2
            draw.ellipse((end_x - radius, end_y - radius, end_x + radius, end_y + radius), fill=fill)


def _bounds(outline: Outline) -> Box:
    columns, rows = [x for x, _ in outline], [y for _, y in outline]
    return max(0.0, min(columns)), max(0.0, min(rows)), min(WIDTH, max(columns)), min(HEIGHT, max(rows))


def ridge(points: Outline, base: float) -> Outline:
    """A smooth ridge line through ``points``, closed along ``base``."""
    columns, rows = [x for x, _ in points], [y for _, y in points]
    line: Outline = []
    for x in range(-4, WIDTH + 5, 4):
        near = [rows[i] * w for i, w in _weights(columns, x)]
        line.append((x, sum(near) + 1.5 * math.sin(x / 9.0) + 0.8 * math.sin(x / 3.7)))
    return [*line, (WIDTH + 4, base), (-4, base)]


def _weights(columns: list[float], x: float) -> list[tuple[int, float]]:
    for index in range(len(columns) - 1):
        if columns[index] <= x <= columns[index + 1]:
            share = (x - columns[index]) / (columns[index + 1] - columns[index])
            smooth = share * share * (3 - 2 * share)
            return [(index, 1 - smooth), (index + 1, smooth)]
    return [(0 if x < columns[0] else len(columns) - 1, 1.0)]


def sky() -> Image.Image:
    upper, middle, lower = (92, 142, 194), (168, 199, 214), (250, 216, 170)
    sun_x, sun_y = 392.0, 118.0

    def colour_at(x: float, y: float) -> Colour:
        share = y / HORIZON
        base = mixed(upper, middle, share * 1.7) if share < 0.6 else mixed(middle, lower, (share - 0.6) * 2.4)
        distance = math.hypot(x - sun_x, (y - sun_y) * 1.1)
        if distance < 17:
            return (255, 246, 214)
        glow = mixed((255, 233, 178), base, min(1.0, (distance - 17) / 110))
        cloud = _cloud(x, y)
        return mixed(glow, (250, 240, 228), cloud)

    outline: Outline = [(0, 0), (WIDTH, 0), (WIDTH, HORIZON + 22), (0, HORIZON + 22)]
    return Brush(SEED).layer(
        outline, colour_at, lambda x, _y: 0.06 * math.sin(x / 70) - 0.05, count=5200, length=26, width=4.2, soften=0
    )


def _cloud(x: float, y: float) -> float:
    """0..1: three long clouds, flat below."""
    cover = 0.0
    for centre_x, centre_y, wide, high in ((118, 58, 92, 20), (196, 84, 70, 12), (330, 44, 60, 11), (470, 72, 64, 13)):
        across = (x - centre_x) / wide
        bump = high * (0.55 + 0.45 * math.sin(centre_x + x / 15.0) ** 2)
        above = (y - centre_y) / (bump if y < centre_y else high * 0.35)
        cover = max(cover, 1.25 - across * across - above * above)
    return min(0.92, max(0.0, cover))


def far_hills() -> Image.Image:
    outline = ridge([(0, 150), (90, 118), (170, 146), (260, 128), (350, 158), (430, 140), (512, 160)], HORIZON + 8)
    return Brush(SEED + 1).layer(
        outline,
        lambda x, y: mixed((146, 165, 190), (206, 200, 190), (y - 110) / 75 + 0.25 * (x / WIDTH)),
        lambda x, _y: 0.5 * math.sin(x / 40),
        count=1700,
        length=14,
        width=3.2,
        jitter=6,
    )


def near_hills() -> Image.Image:
    outline = ridge([(0, 128), (70, 140), (140, 168), (230, 176), (330, 178), (420, 172), (512, 150)], HORIZON + 10)
    return Brush(SEED + 2).layer(
        outline,
        lambda x, y: mixed((96, 128, 116), (150, 158, 118), (y - 130) / 55 + 0.2 * math.sin(x / 23)),
        lambda x, _y: 0.35 if x < WIDTH / 2 else -0.35,
        count=1500,
        length=12,
        width=3.0,
    )


def water() -> Image.Image:
    def colour_at(x: float, y: float) -> Colour:
        depth = (y - HORIZON) / 110
        base = mixed((190, 205, 200), (62, 116, 140), depth * 1.2)
        path = math.exp(-(((x - 392) / (16 + 34 * depth)) ** 2))
        ripple = 0.5 + 0.5 * math.sin(y * 1.9 + 3 * math.sin(x / 31))
        return mixed(base, (255, 236, 190), path * (0.35 + 0.6 * ripple))

    outline: Outline = [(0, HORIZON), (WIDTH, HORIZON), (WIDTH, 330), (0, 330)]
    return Brush(SEED + 3).layer(outline, colour_at, lambda _x, _y: 0.0, count=4200, length=22, width=2.6, soften=0.8)


def boat() -> Image.Image:
    """A small sailing boat with its reflection."""
    image = Image.new("RGBA", (WIDTH * SCALE, HEIGHT * SCALE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)

    def shape(points: Outline, fill: tuple[int, int, int, int]) -> None:
        draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    shape([(262, 226), (312, 226), (300, 250), (282, 262), (272, 246)], (236, 226, 204, 70))
    shape([(256, 214), (318, 214), (308, 227), (266, 227)], (126, 62, 48, 255))
    shape([(256, 214), (318, 214), (316, 217), (258, 217)], (214, 178, 130, 255))
    shape([(286, 152), (289, 152), (289, 214), (286, 214)], (88, 66, 52, 255))
    shape([(292, 156), (318, 206), (292, 207)], (250, 243, 226, 255))
    shape([(283, 162), (283, 206), (263, 205)], (226, 120, 82, 255))
    shape([(292, 156), (300, 172), (292, 207)], (232, 220, 198, 255))
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return image.filter(ImageFilter.GaussianBlur(0.5))


def shore() -> Image.Image:
    """The meadow in front, where the selection lies."""
    outline = ridge([(0, 254), (110, 276), (220, 296), (300, 300), (400, 290), (512, 262)], HEIGHT + 4)

    def colour_at(x: float, y: float) -> Colour:
        light = mixed((190, 196, 96), (74, 122, 62), (y - 255) / 110)
        return mixed(light, (222, 206, 120), 0.35 * max(0.0, math.sin(x / 47 + y / 19)))

    return Brush(SEED + 4).layer(
        outline, colour_at, lambda x, _y: -1.45 + 0.3 * math.sin(x / 33), count=6500, length=13, width=2.1, jitter=11
    )


def flowers() -> Image.Image:
    image = Image.new("RGBA", (WIDTH * SCALE, HEIGHT * SCALE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    random = np.random.default_rng(SEED + 5)
    colours = ((244, 240, 224), (236, 108, 84), (248, 204, 92), (196, 128, 176))
    for _ in range(120):
        x, y = random.uniform(4, WIDTH - 4), random.uniform(312, HEIGHT - 4)
        radius = (0.9 + 2.0 * (y - 300) / 84) * random.uniform(0.7, 1.2) * SCALE
        red, green, blue = colours[int(random.integers(len(colours)))]
        centre_x, centre_y = x * SCALE, y * SCALE
        box = (centre_x - radius, centre_y - radius * 0.8, centre_x + radius, centre_y + radius * 0.8)
        draw.ellipse(box, fill=(red, green, blue, 255))
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def selection() -> Image.Image:
    """A loose lasso over meadow and water on the left, 255 inside, soft over about 12 pixels."""
    random = np.random.default_rng(SEED + 6)
    points: Outline = []
    for step in range(40):
        angle = 2 * math.pi * step / 40
        radius = 1 + 0.07 * math.sin(3 * angle) + random.normal(0, 0.012)
        points.append((118 + 74 * radius * math.cos(angle), 270 + 76 * radius * math.sin(angle)))
    mask = Image.new("L", (WIDTH * SCALE, HEIGHT * SCALE), 0)
    ImageDraw.Draw(mask).polygon([(x * SCALE, y * SCALE) for x, y in points], fill=255)
    return mask.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(5))


def sketch() -> Image.Image:
    """A flat drawing of a house, whose edges a ControlNet can follow. 256 x 256 pixels."""
    size = 256
    image = Image.new("RGB", (size * SCALE, size * SCALE), (238, 236, 230))
    draw = ImageDraw.Draw(image)

    def shape(points: Outline, fill: Colour) -> None:
        draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    shape([(0, 196), (256, 190), (256, 256), (0, 256)], (150, 190, 110))
    shape([(66, 118), (190, 118), (190, 206), (66, 206)], (226, 196, 150))
    shape([(50, 122), (128, 56), (206, 122)], (178, 74, 60))
    shape([(158, 60), (174, 60), (174, 92), (158, 80)], (150, 96, 80))
    shape([(114, 154), (142, 154), (142, 206), (114, 206)], (110, 74, 56))
    for left in (78, 154):
        shape([(left, 138), (left + 24, 138), (left + 24, 162), (left, 162)], (120, 176, 214))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def cropped(image: Image.Image) -> tuple[NDArray[np.uint8], int, int]:
    """The part of a layer that is not transparent, and its place."""
    left, top, right, bottom = image.getchannel("A").getbbox() or (0, 0, 1, 1)
    return np.asarray(image.crop((left, top, right, bottom))), left, top


def main() -> None:
    folder = Path(__file__).parent
    painting = OraPainting.empty(WIDTH, HEIGHT)
    below = None
    for name, made in (
        ("Sky", sky()),
        ("Far hills", far_hills()),
        ("Near hills", near_hills()),
        ("Water", water()),
        ("Boat", boat()),
        ("Shore", shore()),
        ("Flowers", flowers()),
    ):
        pixels, x, y = cropped(made)
        below = painting.insert(name, encode_png(pixels), x, y, above=below)
    (folder / "harbour.ora").write_bytes(painting.encode(render(painting)))
    selection().save(folder / "selection.png", optimize=True)
    sketch().save(folder / "sketch.png", optimize=True)


if __name__ == "__main__":
    main()
