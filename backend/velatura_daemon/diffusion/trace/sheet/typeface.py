"""Text on the sheet: Pillow's own typeface, and fonts of the system for the characters that it lacks."""

from dataclasses import dataclass
from functools import cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour = tuple[int, int, int]

#: Looked for by file name in the system's font folders, in this order. The number is the face within the file.
FALLBACK_FILES: tuple[tuple[str, int], ...] = (
    ("DejaVuSans.ttf", 0),
    ("NotoSansCJK-Regular.ttc", 2),  # the face with mainland China's forms
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("msyh.ttc", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("Arial Unicode.ttf", 0),
)
#: A code point that no font has a glyph for: what is drawn for it is what is drawn for any that is missing.
_MISSING = "\U0010fffe"


@dataclass(frozen=True)
class TextRun:
    """A piece of text that one font can draw."""

    text: str
    font: Font


def text_runs(text: str, size: int) -> list[TextRun]:
    """``text`` in pieces, each with the first font that has its characters. ``size``: pixels."""
    return [
        TextRun("".join(characters), _faces(size)[face])
        for face, characters in groupby(text, key=lambda character: _face_of(character) or 0)
    ]


def text_width(text: str, size: int) -> float:
    """Pixels."""
    return sum(run.font.getlength(run.text) for run in text_runs(text, size))


def can_draw(text: str) -> bool:
    """Whether this computer has glyphs for all of it."""
    return all(_face_of(character) is not None for character in text)


def draw_text(draw: ImageDraw.ImageDraw, x: float, baseline: float, text: str, size: int, colour: Colour) -> None:
    """Beginning at ``x``, standing on ``baseline``."""
    for run in text_runs(text, size):
        draw.text((x, baseline), run.text, font=run.font, fill=colour, anchor="ls")
        x += run.font.getlength(run.text)


def wrapped(text: str, size: int, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` pixels, broken at spaces, or within a word that alone is too long."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if text_width(lines[-1] + character, size) > width and lines[-1]:
                lines.append("")
            lines[-1] += character
    return lines


@cache
def _faces(size: int) -> tuple[Font, ...]:
    faces: list[Font] = [ImageFont.load_default(size)]
    for name, index in FALLBACK_FILES:
        try:
            faces.append(ImageFont.truetype(name, size, index=index))
        except OSError:
            continue
    return tuple(faces)


@cache
def _face_of(character: str) -> int | None:
    """Index of the first face that has a glyph for it."""
    if character.isspace():
        return 0
    size = 16
    for index, face in enumerate(_faces(size)):
        if _drawn(face, character) != _drawn(face, _MISSING):
            return index
    return None


def _drawn(face: Font, character: str) -> bytes:
    image = Image.new("L", (32, 32))
    ImageDraw.Draw(image).text((4, 4), character, font=face, fill=255)
    return image.tobytes()
