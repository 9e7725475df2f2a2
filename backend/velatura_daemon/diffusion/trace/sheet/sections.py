"""The parts of the sheet from top to bottom, each a card."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image

from ..run_trace import NoisedPicture, Rgb, RunTrace, ShownStep
from ..words import ReadPrompt, Word
from .card import ACCENT, BODY, FRAME, INK, INNER_WIDTH, LEAD, PAPER, SMALL, SOFT_INK, Card
from .pictures import channel_tiles, enlarged, faded, glow, heat
from .typeface import can_draw, text_width, wrapped

#: Words beside each other, at most.
_MOST_ACROSS = 9
#: Words that are drawn; of a longer prompt the rest is counted.
MOST_WORDS = 36
_TITLE = 40
_TITLE_LINES = 3
_SPACE = 18  # between pictures
_TALLEST = 1.5  # height of a picture on the sheet, as a multiple of its width


def header(trace: RunTrace) -> Card:
    """The prompt, the settings, and what came of them."""
    card = Card()
    pictures = [("canvas", trace.canvas)] if trace.canvas is not None else []
    pictures.append(("result", trace.picture))
    side = 216
    left = INNER_WIDTH
    for label, rgb in reversed(pictures):
        width, height = _fitted(rgb, side)
        left -= width
        card.picture(left, 0, enlarged(rgb, width, height))
        card.centred(left, height + 6, width, label, SMALL, SOFT_INK)
        left -= _SPACE
    room = left - _SPACE
    card.text(0, 0, "Inside one run", LEAD, ACCENT)
    card.y = 36
    prompt = trace.prompt if can_draw(trace.prompt) else "(this computer has no font for the prompt)"
    for line in _at_most(wrapped(f"“{prompt}”", _TITLE, room), _TITLE_LINES):
        card.text(0, card.y, line, _TITLE)
        card.y += round(_TITLE * 1.25)
    card.y += 14
    if trace.negative_prompt and can_draw(trace.negative_prompt):
        for line in _at_most(wrapped(f"without: {trace.negative_prompt}", LEAD, room), _TITLE_LINES):
            card.text(0, card.y, line, LEAD, SOFT_INK)
            card.y += 28
        card.y += 8
    _settings(card, trace, room)
    return card


def _settings(card: Card, trace: RunTrace, width: int) -> None:
    height, columns = trace.picture.shape[:2]
    settings = [
        ("model", trace.model),
        ("size", f"{columns} x {height}"),
        ("seed", str(trace.seed)),
        ("steps", str(trace.steps)),
        ("guidance", f"{trace.guidance_scale:g}"),
    ]
    if trace.strength is not None:
        settings[3] = ("steps", f"{len(trace.schedule)} of {trace.steps}")
        settings.append(("strength", f"{trace.strength:g}"))
    settings.append(("sampler", trace.sampler.removesuffix("Scheduler")))
    x = 0.0
    for label, value in settings:
        value = wrapped(value, LEAD, 260)[0]
        wide = max(text_width(value, LEAD), text_width(label, SMALL))
        if x + wide > width:
            x, card.y = 0.0, card.y + 62
        card.text(x, card.y, label, SMALL, SOFT_INK)
        card.text(x, card.y + 22, value, LEAD)
        x += wide + 36
    card.y += 62


def tokens(trace: RunTrace) -> Card:
    """The words and the numbers that they become."""
    card = Card(
        "1  The prompt becomes numbers",
        "A model reads no letters. Each word, or piece of one, is looked up in a table; its number there is a token.",
    )
    _chips(card, trace.read_prompt)
    if trace.negative_prompt:
        card.y += 14
        card.paragraph(0, "The negative prompt:", INNER_WIDTH, BODY, SOFT_INK)
        _chips(card, trace.read_negative)
    return card


def _chips(card: Card, prompt: ReadPrompt) -> None:
    shown = prompt.words[:MOST_WORDS]
    chips: list[tuple[str, str, bool]] = [("begin", str(prompt.begin_id), False)]
    chips += [(_name(word), " ".join(map(str, word.ids)), True) for word in shown]
    if len(prompt.words) > len(shown):
        chips.append((f"and {len(prompt.words) - len(shown)} more words", "", False))
    chips.append(("end", str(prompt.end_id), False))
    if prompt.padding:
        chips.append((f"filled up to {prompt.length}", f"{prompt.padding} x {prompt.padding_id}", False))
    x, height = 0.0, 66
    for text, ids, is_word in chips:
        wide = max(text_width(text, LEAD), text_width(ids, SMALL)) + 28
        if x + wide > INNER_WIDTH:
            x, card.y = 0.0, card.y + height + 10
        fill, outline = ((255, 255, 255), FRAME) if is_word else (PAPER, PAPER)
        card.box(x, card.y, wide, height, fill=fill, outline=outline)
        card.centred(x, card.y + 8, wide, text, LEAD, INK if is_word else SOFT_INK)
        card.centred(x, card.y + 38, wide, ids, SMALL, ACCENT if is_word else SOFT_INK)
        x += wide + 10
    card.y += height


def _name(word: Word) -> str:
    """The word as far as it can be drawn; its ids stand beneath in any case."""
    text = word.text if can_draw(word.text) else "?"
    return text if word.weight == 1 else f"{text}  x {word.weight:.2g}"


def forward_noising(trace: RunTrace) -> Card:
    """More and more noise, and where the run begins."""
    if trace.strength is None:
        sentence = (
            "This is what a model learns from: a picture under more and more noise, left to right. "
            "Painting goes the other way, and without a canvas it begins at the far right, with noise alone."
        )
    else:
        sentence = (
            f"Noise is laid over the canvas, left to right. Strength {trace.strength:g} stops at the marked picture: "
            "painting begins there, and keeps of the canvas what the noise has left. What is noisier is skipped."
        )
    card = Card("2  Noise is added", sentence)
    cell = (INNER_WIDTH - _SPACE * (len(trace.noised) - 1)) // len(trace.noised)
    width, height = _fitted(trace.picture, cell)
    for index, noised in enumerate(trace.noised):
        _noised_picture(card, noised, index * (cell + _SPACE) + (cell - width) // 2, width, height)
    card.y += height + 64
    _time_line(card, trace, cell / 2, INNER_WIDTH - cell / 2)
    return card


def _noised_picture(card: Card, noised: NoisedPicture, x: int, width: int, height: int) -> None:
    picture = enlarged(noised.rgb, width, height)
    if noised.is_skipped:
        picture = faded(picture)
    outline, thickness = (ACCENT, 5) if noised.is_start else (FRAME, 1)
    card.picture(x, card.y, picture, outline=outline, thickness=thickness)
    noise = "no noise" if noised.timestep == 0 else f"{_percent(1 - noised.signal)} noise"
    below = "begins here" if noised.is_start else "skipped" if noised.is_skipped else ""
    card.centred(x, card.y + height + 10, width, noise, BODY, ACCENT if noised.is_start else INK)
    card.centred(x, card.y + height + 33, width, below, SMALL, ACCENT if noised.is_start else SOFT_INK)


def _time_line(card: Card, trace: RunTrace, left: float, right: float) -> None:
    """The schedule: a mark for each step that was run."""

    def place(timestep: float) -> float:
        return left + (right - left) * timestep / (trace.training_steps - 1)

    y = card.y + 10
    card.line((left, y), (right, y), FRAME, 2)
    card.line((left, y), (place(trace.schedule[0]), y), ACCENT, 2)
    for timestep in trace.schedule:
        card.line((place(timestep), y - 7), (place(timestep), y + 7), ACCENT, 2)
    words = f"each mark is one of the {len(trace.schedule)} steps from here back to the picture"
    card.text(left, y + 16, words, SMALL, SOFT_INK)
    card.y = round(y + 16 + SMALL)


@dataclass(frozen=True)
class _Row:
    title: str
    sentence: str
    draw: Callable[[ShownStep, int, int], Image.Image]


def denoising(trace: RunTrace) -> Card:
    """A column for each of some steps."""
    card = Card(
        "3  Noise is taken away, step by step",
        "At each step the model says what in the latent is noise, and a part of that is taken out. "
        f"{len(trace.shown_steps)} of the {len(trace.schedule)} steps are shown.",
    )
    label = 236
    count = max(len(trace.shown_steps), 4)
    cell = (INNER_WIDTH - label - _SPACE * count) // count
    width, height = _fitted(trace.picture, cell)
    lefts = [label + _SPACE + index * (cell + _SPACE) for index in range(len(trace.shown_steps))]
    for left, step in zip(lefts, trace.shown_steps, strict=True):
        card.text(left, card.y, f"Step {step.number}", LEAD)
        card.text(left, card.y + 28, f"{_percent(1 - step.signal)} noise", SMALL, SOFT_INK)
    card.y += 60
    for row in _rows(trace):
        top = card.y
        for left, step in zip(lefts, trace.shown_steps, strict=True):
            card.picture(left, top, row.draw(step, width, height))
        card.text(0, top - 2, row.title, LEAD)
        card.y = top + 30
        card.paragraph(0, row.sentence, label - 10, SMALL, SOFT_INK)
        card.y = max(card.y, top + height) + _SPACE
    return card


def _rows(trace: RunTrace) -> list[_Row]:
    channels, rows, columns = trace.shown_steps[0].latents.shape
    made = [
        _Row(
            "The latent",
            f"What the model works on: {channels} maps of {columns} x {rows} numbers, drawn as greys.",
            lambda step, width, height: channel_tiles(step.latents, width, height),
        ),
        _Row(
            "Decoded",
            "The picture that this latent stands for.",
            lambda step, width, height: enlarged(step.decoded, width, height),
        ),
        _Row(
            "Predicted noise",
            "What the model takes for noise, again as greys.",
            lambda step, width, height: channel_tiles(step.noise, width, height),
        ),
        _Row(
            "Predicted picture",
            "What would be left if all of that noise were taken out at once: vague first, then settled.",
            lambda step, width, height: enlarged(step.clean, width, height),
        ),
    ]
    if any(step.difference is not None for step in trace.shown_steps):
        made.append(_guidance_row(trace))
    return made


def _guidance_row(trace: RunTrace) -> _Row:
    """All on one scale, so that steps can be compared."""
    differences = [step.difference for step in trace.shown_steps if step.difference is not None]
    largest = float(max(np.quantile(difference, 0.99) for difference in differences))

    def draw(step: ShownStep, width: int, height: int) -> Image.Image:
        return heat(
            np.zeros((1, 1), np.float32) if step.difference is None else step.difference, largest, width, height
        )

    return _Row(
        "What the words add",
        "Each step predicts with and without the prompt. Bright: here the two differ. "
        f"Guidance {trace.guidance_scale:g} makes the difference {trace.guidance_scale:g} times as large.",
        draw,
    )


def attention(trace: RunTrace) -> Card:
    """A map for each word."""
    rest = 1 - sum(one.share for one in trace.attention)
    card = Card(
        "4  Where each word looked",
        "Bright: here the model heeded the word more than elsewhere. Under a word, its share of all attention; "
        f"the other {_percent(rest)} went to the tokens for begin, end and filling up.",
    )
    shown = trace.attention[:MOST_WORDS]
    if not shown:
        card.paragraph(0, "The prompt is empty.", INNER_WIDTH, LEAD)
        return card
    across = max(ceil(len(shown) / ceil(len(shown) / _MOST_ACROSS)), 6)
    cell = (INNER_WIDTH - _SPACE * (across - 1)) // across
    width, height = _fitted(trace.picture, cell)
    largest = max(1.5, max(float(np.quantile(one.places, 0.99)) for one in shown))
    for index, one in enumerate(shown):
        if index and index % across == 0:
            card.y += height + 78
        x = index % across * (cell + _SPACE)
        card.picture(x, card.y, glow((one.places - 1) / (largest - 1), trace.picture, width, height))
        name = wrapped(_name(one.word), LEAD, width)[0]
        card.centred(x, card.y + height + 8, width, name, LEAD)
        card.centred(x, card.y + height + 36, width, _percent(one.share), SMALL, SOFT_INK)
    card.y += height + 60
    if len(trace.attention) > len(shown):
        card.paragraph(0, f"And {len(trace.attention) - len(shown)} more words.", INNER_WIDTH, BODY, SOFT_INK)
    return card


def _at_most(lines: list[str], count: int) -> list[str]:
    return lines if len(lines) <= count else [*lines[: count - 1], f"{lines[count - 1]} …"]


def _fitted(rgb: Rgb, side: int) -> tuple[int, int]:
    """Width and height in pixels on the sheet: ``side`` wide, unless that made it too tall."""
    height, width = rgb.shape[:2]
    scale = min(side / width, side * _TALLEST / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"
