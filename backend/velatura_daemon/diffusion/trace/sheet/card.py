"""The pieces that the sheet is built of: cards with a heading, on which text and pictures are laid."""

from PIL import Image, ImageDraw

from .typeface import Colour, draw_text, text_width, wrapped

PAGE_WIDTH = 1680
MARGIN = 40
GAP = 24
PADDING = 36
RADIUS = 16
CARD_WIDTH = PAGE_WIDTH - 2 * MARGIN
#: What a card has for its content.
INNER_WIDTH = CARD_WIDTH - 2 * PADDING

PAPER: Colour = (236, 233, 227)
SURFACE: Colour = (250, 248, 244)
FRAME: Colour = (214, 209, 200)
INK: Colour = (38, 36, 34)
SOFT_INK: Colour = (108, 103, 97)
ACCENT: Colour = (178, 74, 44)

HEADING, LEAD, BODY, SMALL = 28, 20, 17, 15
_LINE = 1.4  # line height as a multiple of the text's size
_GROW = 512


class Card:
    """A sheet of ``CARD_WIDTH`` that grows downwards; x and y are measured from where its content may begin.

    Attributes:
        y: where the next thing goes.
    """

    def __init__(self, title: str = "", sentence: str = "") -> None:
        self._image = Image.new("RGB", (CARD_WIDTH, _GROW), SURFACE)
        self._bottom = 0
        self.y = 0
        if title:
            self.text(0, 0, title, HEADING, ACCENT)
            self.y = round(HEADING * _LINE)
            self.paragraph(0, sentence, INNER_WIDTH, LEAD, SOFT_INK)
            self.y += 18

    def text(self, x: float, y: float, text: str, size: int, colour: Colour = INK) -> None:
        """One line, its top at ``y``."""
        height = round(size * _LINE)
        draw = self._reach(round(y) + height)
        draw_text(draw, PADDING + x, PADDING + y + size, text, size, colour)

    def centred(self, x: float, y: float, width: float, text: str, size: int, colour: Colour = INK) -> None:
        """One line in the middle of ``width`` pixels."""
        self.text(x + (width - text_width(text, size)) / 2, y, text, size, colour)

    def paragraph(self, x: float, text: str, width: int, size: int, colour: Colour = INK) -> None:
        """From ``y`` on, in lines of at most ``width`` pixels; moves ``y`` below it."""
        for line in wrapped(text, size, width):
            self.text(x, self.y, line, size, colour)
            self.y += round(size * _LINE)

    def picture(self, x: int, y: int, picture: Image.Image, *, outline: Colour = FRAME, thickness: int = 1) -> None:
        """With a line around it, which lies outside of it."""
        draw = self._reach(y + picture.height + thickness)
        left, top = PADDING + x, PADDING + y
        corners = (left - thickness, top - thickness, left + picture.width + thickness - 1, top + picture.height)
        draw.rectangle((*corners[:3], corners[3] + thickness - 1), fill=outline)
        self._image.paste(picture, (left, top))

    def box(self, x: float, y: float, width: float, height: float, *, fill: Colour, outline: Colour) -> None:
        """With round corners."""
        draw = self._reach(round(y + height))
        corners = (PADDING + x, PADDING + y, PADDING + x + width, PADDING + y + height)
        draw.rounded_rectangle(corners, min(8, height / 2), fill=fill, outline=outline)

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: Colour, thickness: int = 1) -> None:
        draw = self._reach(round(max(start[1], end[1])) + thickness)
        draw.line((PADDING + start[0], PADDING + start[1], PADDING + end[0], PADDING + end[1]), colour, thickness)

    def finished(self) -> Image.Image:
        """RGBA: as high as what is on it, transparent outside its round corners."""
        card = self._image.crop((0, 0, CARD_WIDTH, self._bottom + 2 * PADDING - 8))
        scale = 4  # drawn large and reduced, because Pillow's own corners are jagged
        mask = Image.new("L", (card.width * scale, card.height * scale), 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), RADIUS * scale, fill=255)
        card.putalpha(mask.reduce(scale))
        return card

    def _reach(self, bottom: int) -> ImageDraw.ImageDraw:
        """Make room down to ``bottom``."""
        self._bottom = max(self._bottom, bottom)
        needed = bottom + 2 * PADDING
        if needed > self._image.height:
            grown = Image.new("RGB", (CARD_WIDTH, needed + _GROW), SURFACE)
            grown.paste(self._image)
            self._image = grown
        return ImageDraw.Draw(self._image)


def page(cards: list[Card]) -> Image.Image:
    """The cards beneath each other, RGB."""
    finished = [card.finished() for card in cards]
    height = sum(card.height for card in finished) + GAP * (len(finished) - 1) + 2 * MARGIN
    sheet = Image.new("RGB", (PAGE_WIDTH, height), PAPER)
    top = MARGIN
    for card in finished:
        sheet.paste(card, (MARGIN, top), card)
        top += card.height + GAP
    return sheet
