"""Puts the demo's pictures on one sheet with their captions. Run with the environment's Python: it needs Pillow.

    python install/contact_sheet.py description.json contact-sheet.png

The description: ``{"title", "subtitle", "panels": [{"title", "lines", "pictures": [{"file", "label", "crop"}]}]}``;
``crop`` is the part to show as [x, y, width, height] in the picture's pixels, or null for all of it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PICTURE = 320  # pixels: the greatest width and height of a picture on the sheet
GAP = 24
PADDING = 28
RADIUS = 14
PAGE = 1360  # pixels that a row of cards fills, the margins left out
CHECKER = 10

PAPER, CARD, FRAME = (236, 233, 227), (250, 248, 244), (210, 205, 196)
INK, SOFT_INK, ACCENT = (38, 36, 34), (108, 103, 97), (178, 74, 44)
CHECKER_LIGHT, CHECKER_DARK = (255, 255, 255), (222, 222, 222)


@dataclass(frozen=True)
class Picture:
    """``crop``: x, y, width, height in pixels of the file; beyond its edges it is transparent. None: all of it."""

    file: Path
    label: str
    crop: tuple[int, int, int, int] | None


@dataclass(frozen=True)
class Panel:
    """One step of the demo: its pictures side by side, its title, and lines of settings beneath."""

    title: str
    lines: tuple[str, ...]
    pictures: tuple[Picture, ...]


def font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own typeface, so that the sheet looks alike on every machine."""
    return ImageFont.load_default(pixels)


def wrapped(text: str, pixels: int, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font(pixels).getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def checkerboard(width: int, height: int) -> Image.Image:
    """What shows through where a picture is transparent."""
    board = Image.new("RGB", (width, height), CHECKER_LIGHT)
    draw = ImageDraw.Draw(board)
    for top in range(0, height, CHECKER):
        for left in range((top // CHECKER % 2) * CHECKER, width, 2 * CHECKER):
            draw.rectangle((left, top, left + CHECKER - 1, top + CHECKER - 1), fill=CHECKER_DARK)
    return board


def pixels_of(picture: Picture) -> Image.Image:
    """The part of the file that is to be seen, RGBA."""
    with Image.open(picture.file) as opened:
        pixels = opened.convert("RGBA")
    if picture.crop is None:
        return pixels
    left, top, width, height = picture.crop
    return pixels.crop((left, top, left + width, top + height))


def strip_of(panel: Panel) -> list[Image.Image]:
    """The panel's pictures at one common height, RGB, none wider than PICTURE; small ones grow by smooth resampling."""
    originals = [pixels_of(picture) for picture in panel.pictures]
    height = min(PICTURE, *(round(PICTURE * each.height / each.width) for each in originals))
    strip = []
    for each in originals:
        grown = each.resize((max(1, round(each.width * height / each.height)), height), Image.Resampling.LANCZOS)
        ground = checkerboard(grown.width, height)
        ground.paste(grown, mask=grown.getchannel("A"))
        strip.append(ground)
    return strip


def strip_width(strip: list[Image.Image]) -> int:
    return sum(each.width for each in strip) + GAP * (len(strip) - 1)


def card_of(panel: Panel, strip: list[Image.Image], width: int) -> Image.Image:
    """One panel drawn on a card of its own, ``width`` pixels wide and as high as it needs."""
    lines = [part for line in panel.lines for part in wrapped(line, 17, width - 2 * PADDING)]
    top = PADDING + 40
    below = top + strip[0].height + 40
    card = Image.new("RGB", (width, below + 25 * len(lines) + PADDING), CARD)
    draw = ImageDraw.Draw(card)
    draw.text((PADDING, PADDING - 6), panel.title, font=font(24), fill=ACCENT)
    left = PADDING
    for picture, drawn in zip(panel.pictures, strip, strict=True):
        card.paste(drawn, (left, top))
        draw.rectangle((left - 1, top - 1, left + drawn.width, top + drawn.height), outline=FRAME)
        draw.text((left, top + drawn.height + 6), picture.label, font=font(15), fill=SOFT_INK)
        left += drawn.width + GAP
    for index, line in enumerate(lines):
        draw.text((PADDING, below + 25 * index), line, font=font(17), fill=INK if index == 0 else SOFT_INK)
    return card


def rows_of(widths: list[int], page_width: int) -> list[list[int]]:
    """The panels' indices row by row, as many side by side as there is room for."""
    rows: list[list[int]] = []
    room = 0
    for index, width in enumerate(widths):
        if not rows or width > room:
            rows.append([])
            room = page_width
        rows[-1].append(index)
        room -= width + GAP
    return rows


def rounded(card: Image.Image, height: int) -> tuple[Image.Image, Image.Image]:
    """The card stretched to ``height`` and the mask of its round corners."""
    full = Image.new("RGB", (card.width, height), CARD)
    full.paste(card)
    mask = Image.new("L", full.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, full.width - 1, full.height - 1), RADIUS, fill=255)
    return full, mask


def sheet(title: str, subtitle: str, panels: list[Panel]) -> Image.Image:
    """The whole contact sheet."""
    strips = [strip_of(panel) for panel in panels]
    widths = [max(strip_width(strip), PICTURE) + 2 * PADDING for strip in strips]
    inner = max(PAGE, *widths)
    rows = rows_of(widths, inner)
    for row in rows:
        widths[row[-1]] += inner - sum(widths[index] for index in row) - GAP * (len(row) - 1)  # up to the margin
    cards = [[card_of(panels[index], strips[index], widths[index]) for index in row] for row in rows]
    width = inner + 2 * GAP
    heights = [max(card.height for card in row) for row in cards]
    notes = wrapped(subtitle, 18, width - 2 * GAP)
    top = GAP + 56 + 26 * len(notes) + 14
    page = Image.new("RGB", (width, top + sum(heights) + GAP * len(heights)), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((GAP, GAP), title, font=font(40), fill=INK)
    for index, line in enumerate(notes):
        draw.text((GAP, GAP + 56 + 26 * index), line, font=font(18), fill=SOFT_INK)
    for row, height in zip(cards, heights, strict=True):
        left = GAP
        for card in row:
            full, mask = rounded(card, height)
            page.paste(full, (left, top), mask)
            left += card.width + GAP
        top += height + GAP
    return page


def main(arguments: list[str]) -> int:
    description_file, target = (Path(argument) for argument in arguments)
    description = json.loads(description_file.read_text(encoding="utf-8"))
    panels = [
        Panel(
            panel["title"],
            tuple(panel["lines"]),
            tuple(Picture(Path(each["file"]), each["label"], each["crop"]) for each in panel["pictures"]),
        )
        for panel in description["panels"]
    ]
    sheet(description["title"], description["subtitle"], panels).save(target, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
