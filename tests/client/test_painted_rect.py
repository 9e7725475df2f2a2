"""The part of a picture in which there is paint."""

import numpy as np
import pytest

from velatura_client.editor import Pixels
from velatura_client.painted_rect import painted_rect
from velatura_protocol.images import Rect


@pytest.mark.parametrize("seed", range(60))
def test_as_numpy_finds_it(seed: int) -> None:
    """Random blots, faint ones too, at any place of pictures of any shape."""
    random = np.random.default_rng(seed)
    height, width = (int(value) for value in random.integers(1, 40, 2))
    rgba = random.integers(0, 256, (height, width, 4), np.uint8)
    rgba[..., 3] = np.where(random.random((height, width)) < random.choice([0.0, 0.01, 0.3, 1.0]), 1, 0)
    rows, columns = np.flatnonzero(rgba[..., 3].any(axis=1)), np.flatnonzero(rgba[..., 3].any(axis=0))
    found = painted_rect(Pixels(rgba.reshape(-1).data, width, height, "BGRA"), 7, -3)

    if rows.size == 0:
        assert found.is_empty
    else:
        left, top = int(columns[0]), int(rows[0])
        expected = Rect(7 + left, top - 3, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)
        assert expected == found


def test_without_alpha_all_of_it() -> None:
    """A picture without an alpha channel covers its rectangle."""
    assert Rect(1, 2, 3, 4) == painted_rect(Pixels(bytes(36), 3, 4, "RGB"), 1, 2)
