"""The loss over the steps as a picture."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 480
_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 44, 24, 56
_PAPER, _INK, _GRID, _FAINT, _LINE = (252, 252, 250), (40, 44, 52), (226, 226, 222), (196, 212, 230), (28, 92, 170)
#: The strong line is the mean over this share of the run; single losses lie faintly behind it.
_SMOOTHING_SHARE = 0.02
_TICKS = 5
#: The largest losses, those of the first steps, would flatten all others: the axis ends at this percentile.
_TOP_PERCENTILE = 99


def draw_curve(losses: Sequence[float]) -> Image.Image:
    """960 x 480 pixels; ``losses`` of the steps 1, 2, ... in order, at least one."""
    values = np.asarray(losses, np.float64)
    smooth = _smoothed(values)
    top = float(np.percentile(values, _TOP_PERCENTILE)) or 1.0
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    _draw_axes(draw, len(values), top)
    draw.line(_points(values, top), fill=_FAINT, width=1)
    draw.line(_points(smooth, top), fill=_LINE, width=3)
    title = f"Loss after {len(values)} steps: {smooth[-1]:.4f}"
    draw.text((_LEFT, 12), title, fill=_INK, font=ImageFont.load_default(18))
    return image


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Mean over the last few of the whole, same length."""
    window = max(1, round(len(values) * _SMOOTHING_SHARE))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    return (sums[ends] - sums[starts]) / (ends - starts)


def _points(values: np.ndarray, top: float) -> list[tuple[float, float]]:
    shown = np.linspace(0, len(values) - 1, min(len(values), 2 * WIDTH)).astype(int)
    span = max(len(values) - 1, 1)
    points = [(_x(index / span), _y(min(float(values[index]) / top, 1.0))) for index in shown]
    return points * 2 if len(points) == 1 else points


def _draw_axes(draw: ImageDraw.ImageDraw, steps: int, top: float) -> None:
    font = ImageFont.load_default(13)
    for share in (index / _TICKS for index in range(_TICKS + 1)):
        draw.line([(_LEFT, _y(share)), (WIDTH - _RIGHT, _y(share))], fill=_GRID)
        draw.text((_LEFT - 10, _y(share)), f"{share * top:.{_digits(top)}f}", fill=_INK, font=font, anchor="rm")
        draw.text(
            (_x(share), HEIGHT - _BOTTOM + 10), f"{round(1 + share * (steps - 1))}", fill=_INK, font=font, anchor="mt"
        )
    draw.text((WIDTH - _RIGHT, HEIGHT - 12), "step", fill=_INK, font=font, anchor="rs")
    draw.text((16, _TOP - 12), "loss", fill=_INK, font=font, anchor="ls")


def _digits(top: float) -> int:
    return max(0, 2 - math.floor(math.log10(top)))


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
