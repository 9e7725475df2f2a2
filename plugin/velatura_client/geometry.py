"""What happened to a whole picture, as one transform: moved, scaled, mirrored, turned by quarters, or all of these."""

from dataclasses import dataclass
from typing import List, Sequence, Tuple

from velatura_protocol.images import Rect

Point = Tuple[float, float]


@dataclass(frozen=True)
class Turn:
    """One of the eight ways to lay a rectangle onto another: rows and columns exchanged first, then mirrored.

    Attributes:
        transposed: what was a row becomes a column.
        flipped_x, flipped_y: left and right, top and bottom are exchanged, after that.
    """

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False


#: The simplest first. A quarter turn is transposed and flipped once.
TURNS = tuple(
    Turn(transposed, flipped_x, flipped_y)
    for transposed in (False, True)
    for flipped_y in (False, True)
    for flipped_x in (False, True)
)


@dataclass(frozen=True)
class Transform:
    """Where a point of the earlier picture is now: turned first, then scaled, then moved.

    Attributes:
        scale_x, scale_y: > 0, along the axes of now.
        x, y: where (0, 0) is now, pixels.
    """

    turn: Turn = TURNS[0]
    scale_x: float = 1.0
    scale_y: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @property
    def keeps_pixels(self) -> bool:
        """A picture is only moved: its pixels stay as they are."""
        return self.turn == Turn() and (self.scale_x, self.scale_y) == (1.0, 1.0)

    def point(self, x: float, y: float) -> Point:
        if self.turn.transposed:
            x, y = y, x
        x, y = (-x if self.turn.flipped_x else x), (-y if self.turn.flipped_y else y)
        return self.scale_x * x + self.x, self.scale_y * y + self.y

    def rect(self, rect: Rect) -> Rect:
        """Where a rectangle is now, to whole pixels; never empty."""
        xs, ys = zip(self.point(rect.x, rect.y), self.point(rect.right, rect.bottom))
        left, right = sorted(round(x) for x in xs)
        top, bottom = sorted(round(y) for y in ys)
        return Rect(left, top, max(1, right - left), max(1, bottom - top))

    def after(self, first: "Transform") -> "Transform":
        """``first``, then this one."""
        origin = self.point(*first.point(0, 0))
        right = _difference(self.point(*first.point(1, 0)), origin)
        down = _difference(self.point(*first.point(0, 1)), origin)
        transposed = right[0] == 0
        along_x, along_y = (down[0], right[1]) if transposed else (right[0], down[1])
        turn = Turn(transposed, along_x < 0, along_y < 0)
        return Transform(turn, abs(along_x), abs(along_y), *origin)


#: Nothing happened.
UNCHANGED = Transform()


def laid_onto(before: Rect, now: Rect, turn: Turn = TURNS[0]) -> Transform:
    """The transform that lays one rectangle onto another."""
    width, height = (before.height, before.width) if turn.transposed else (before.width, before.height)
    scale_x, scale_y = now.width / width, now.height / height
    turned = Transform(turn, scale_x, scale_y)
    corners: List[Point] = [turned.point(before.x, before.y), turned.point(before.right, before.bottom)]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    return Transform(turn, scale_x, scale_y, now.x - left, now.y - top)


def around(rects: Sequence[Rect]) -> Rect:
    """The smallest rectangle that holds them all."""
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.right for rect in rects), max(rect.bottom for rect in rects)
    return Rect(left, top, right - left, bottom - top)


def _difference(one: Point, other: Point) -> Point:
    return one[0] - other[0], one[1] - other[1]
