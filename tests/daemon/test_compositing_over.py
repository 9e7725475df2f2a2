"""Laying a patch over a canvas: exact, and nothing outside its alpha changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_daemon.compositing.over import composite_over


def over_in_fractions(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """One RGBA pixel over another, Porter and Duff's formula in real numbers."""
    alpha_above, alpha_below = above[3] / 255, below[3] / 255
    alpha = alpha_above + alpha_below * (1 - alpha_above)
    if alpha == 0:
        return below
    colour = (above[:3] * alpha_above + below[:3] * alpha_below * (1 - alpha_above)) / alpha
    return np.append(colour, alpha * 255)


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(-12, 12),
    st.integers(-12, 12),
    st.integers(0, 2**32 - 1),
)
def test_patches_at_any_offset(canvas_size, patch_size, x, y, seed):
    """Also partly or wholly off the canvas: rounded to nearest inside, the very same bits elsewhere."""
    generator = np.random.default_rng(seed)
    ends = np.array([0, 0, 1, 128, 254, 255, 255], np.uint8)
    canvas = generator.choice(ends, (*canvas_size, 4))
    patch = generator.choice(ends, (*patch_size, 4))
    kept = canvas.copy()
    result = composite_over(canvas, patch, x, y)
    np.testing.assert_array_equal(kept, canvas)
    for row, column in np.ndindex(canvas_size):
        inside = 0 <= row - y < patch_size[0] and 0 <= column - x < patch_size[1]
        above = patch[row - y, column - x] if inside else np.zeros(4, np.uint8)
        if above[3] == 0:
            np.testing.assert_array_equal(canvas[row, column], result[row, column])
        else:
            expected = over_in_fractions(above.astype(float), canvas[row, column].astype(float))
            assert np.abs(expected - result[row, column]).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("alpha_below", range(0, 256, 5))
def test_every_colour_below_survives_alpha_zero(alpha_below):
    """All 256 codes under a patch of alpha 0: not one changes, whatever the patch's hidden colour."""
    canvas = np.zeros((1, 256, 4), np.uint8)
    canvas[0, :, :3] = np.arange(256)[:, None]
    canvas[..., 3] = alpha_below
    patch = np.full((1, 256, 4), (90, 200, 3, 0), np.uint8)
    np.testing.assert_array_equal(canvas, composite_over(canvas, patch, 0, 0))


def test_an_opaque_patch_replaces():
    """Alpha 255 shows the patch's own colour to the bit."""
    patch = np.random.default_rng(1).integers(0, 256, (8, 8, 4), np.uint8)
    patch[..., 3] = 255
    canvas = np.random.default_rng(2).integers(0, 256, (8, 8, 4), np.uint8)
    np.testing.assert_array_equal(patch, composite_over(canvas, patch, 0, 0))
