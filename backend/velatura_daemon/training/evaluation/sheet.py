"""An honest sheet of samples: prompts drawn by lot among the held-out ones, seeds 0, 1, 2 ..., nothing picked."""

import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from velatura_daemon.training.data.captions import full_prompt
from velatura_daemon.training.data.plans import ScenePlan, draw_plan
from velatura_daemon.training.data.recipe import Language, Recipe

from .figure import STEPS, Bench

LOT = 4
#: Rows by language and number of things, and pictures in each row.
ROWS: tuple[tuple[Language, int], ...] = (
    ("en", 1),
    ("en", 1),
    ("en", 1),
    ("en", 1),
    ("en", 1),
    ("zh", 1),
    ("zh", 1),
    ("zh", 1),
    ("en", 2),
    ("zh", 2),
)
COLUMNS = 8
#: A plan that has a row already is drawn again so often.
REDRAWS = 100
#: Lettering and spacing, in pixels.
FONT_SIZE, GAP = 14, 4
PAPER, INK = (255, 255, 255), (40, 40, 40)
#: Fonts with Chinese characters, as the usual systems have them; found in the system's own font folders.
CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "NotoSerifCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "msyh.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def save_sheet(bench: Bench, path: Path) -> None:
    """Each row has its prompt below; where no font has Chinese characters, a Chinese prompt is given in English."""
    font, has_chinese = _font()
    draw = random.Random(LOT)
    width, height = bench.studio.sizes.native_width, bench.studio.sizes.native_height
    row_height = height + FONT_SIZE + 3 * GAP
    rows = ROWS if len(bench.recipe.things) > 1 else tuple(row for row in ROWS if row[1] == 1)
    sheet = Image.new("RGB", (COLUMNS * (width + GAP) + GAP, len(rows) * row_height + GAP), PAPER)
    pen = ImageDraw.Draw(sheet)
    shown: set[ScenePlan] = set()
    for number, (language, things) in enumerate(rows):
        bench.announce(f"sheet: row {number + 1} of {len(rows)}")
        plan = _new_plan(bench.recipe, draw, things, shown)
        top = GAP + number * row_height
        for seed in range(COLUMNS):
            picture = bench.studio.paint(full_prompt(plan, bench.recipe, language), seed, steps=STEPS)
            sheet.paste(Image.fromarray(np.ascontiguousarray(picture)), (GAP + seed * (width + GAP), top))
        text = _text(plan, bench.recipe, language, has_chinese)
        pen.text((GAP, top + height + GAP), text, fill=INK, font=font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _new_plan(recipe: Recipe, draw: random.Random, things: int, shown: set[ScenePlan]) -> ScenePlan:
    """One that has no row yet, unless the recipe leaves so few that all have."""
    plan = draw_plan(recipe, draw, held_out=True, things=things)
    for _ in range(REDRAWS):
        if plan not in shown:
            break
        plan = draw_plan(recipe, draw, held_out=True, things=things)
    shown.add(plan)
    return plan


def _text(plan: ScenePlan, recipe: Recipe, language: Language, has_chinese: bool) -> str:
    if language == "zh" and not has_chinese:
        return f"{full_prompt(plan, recipe, 'en')} (asked for in Chinese)"
    return full_prompt(plan, recipe, language)


def _font() -> tuple[Font, bool]:
    """A font, and whether it has Chinese characters."""
    for name in CHINESE_FONTS:
        try:
            return ImageFont.truetype(name, FONT_SIZE), True
        except OSError:
            continue
    return ImageFont.load_default(FONT_SIZE), False
