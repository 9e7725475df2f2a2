"""Rectangles and image references."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from velatura_protocol.errors import ProtocolError
from velatura_protocol.images import ImageRef, Rect, check_image

RECTS = st.builds(Rect, *[st.integers(-50, 50)] * 2, *[st.integers(0, 50)] * 2)


@given(RECTS, RECTS)
def test_intersection_is_what_both_cover(one: Rect, other: Rect) -> None:
    """Checked against the pixels themselves."""

    def columns_and_rows(rect: Rect) -> tuple[set[int], set[int]]:
        return set(range(rect.x, rect.right)), set(range(rect.y, rect.bottom))

    columns, rows = (a & b for a, b in zip(columns_and_rows(one), columns_and_rows(other), strict=True))
    common = one.intersection(other)
    assert common.is_empty == (not columns or not rows)
    if not common.is_empty:
        assert (columns, rows) == columns_and_rows(common)


def test_grown_grows_on_all_sides() -> None:
    """Four sides, the same amount each."""
    assert Rect(-2, 1, 14, 9) == Rect(1, 4, 8, 3).grown(3)


@pytest.mark.parametrize(
    ("channels", "dtype", "size"), [("Y", "u8", 6), ("RGB", "u16", 36), ("BGRA", "f32", 96), ("RGBA", "f16", 48)]
)
def test_a_blob_has_exactly_the_length_it_claims(channels: str, dtype: str, size: int) -> None:
    """One byte more or less is refused."""
    image = ImageRef(0, 3, 2, channels, dtype)
    check_image(image, [size], "canvas")
    for wrong in (size - 1, size + 1):
        with pytest.raises(ProtocolError, match="canvas needs"):
            check_image(image, [wrong], "canvas")


@pytest.mark.parametrize(
    "change",
    [
        {"channels": "CMYK"},
        {"dtype": "f64"},
        {"meaning": "guess"},
        {"colour_space": "p3"},
        {"rows": "bottom-up"},
        {"blob": 1},
        {"blob": -1},
        {"width": 0},
        {"height": -1},
        {"width": 2**40, "height": 2**40},
    ],
)
def test_unreadable_images_are_refused(change: dict[str, object]) -> None:
    """Every field is checked by its numbers alone."""
    with pytest.raises(ProtocolError):
        check_image(dataclasses.replace(ImageRef(0, 1, 1), **change), [4], "canvas")  # type: ignore[arg-type]
