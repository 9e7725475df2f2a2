"""The picture sizes that a model was trained for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainedSizes:
    """Sizes in pixels. A size (width, height) is allowed when both sides are multiples of ``multiple`` within
    ``smallest_side`` .. ``largest_side`` and width * height is at most ``largest_area``.

    ``largest_enlargement``: how many times as long a side the model may be made to paint piece by piece, each piece of
    a trained size. 1 = not at all: a model that knows whole things only would paint one into each piece.

    Raises:
        ValueError: when no size is allowed, or the native size is not.
    """

    native_width: int
    native_height: int
    smallest_side: int
    largest_side: int
    largest_area: int
    multiple: int
    largest_enlargement: int = 2

    def __post_init__(self) -> None:
        if not self.allows(self.native_width, self.native_height):
            raise ValueError(f"the native size is not among the allowed ones: {self}")
        if self.largest_enlargement < 1:
            raise ValueError(f"the largest enlargement is less than 1: {self}")
        if self.shortest**2 > self.largest_area:
            raise ValueError(f"the largest area does not hold the smallest side twice: {self}")

    @property
    def shortest(self) -> int:
        """The shortest allowed side: ``smallest_side`` rounded up to the multiple."""
        return -(-self.smallest_side // self.multiple) * self.multiple

    @property
    def longest(self) -> int:
        """The longest allowed side: what ``largest_side`` and ``largest_area`` leave, rounded down to the multiple."""
        return min(self.largest_side, self.largest_area // self.shortest) // self.multiple * self.multiple

    @property
    def longest_aspect(self) -> float:
        """The greatest allowed ratio of the longer to the shorter side."""
        return self.longest / self.shortest

    @property
    def native_area(self) -> int:
        """Square pixels of the native size."""
        return self.native_width * self.native_height

    def allows(self, width: int, height: int) -> bool:
        """True when the model was trained for a picture of this size."""
        return (
            width % self.multiple == 0
            and height % self.multiple == 0
            and self.shortest <= min(width, height)
            and max(width, height) <= self.largest_side
            and width * height <= self.largest_area
        )
