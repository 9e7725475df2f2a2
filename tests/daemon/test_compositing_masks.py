"""From the selection to alpha and denoise mask, against definitions written out pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_daemon.compositing.masks import LATENT_CELL, denoise_mask_of, dilated, feathered, patch_alpha


@st.composite
def selections(draw, most=40) -> np.ndarray:
    """Masks from 1 x 1 on: empty, single soft pixels, islands, bars along the border, everything."""
    height, width = draw(st.integers(1, most)), draw(st.integers(1, most))
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(0, 4))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
        mask[top:bottom, left:right] = draw(st.integers(1, 255))
    return mask


def squared_distances(mask: np.ndarray, row: int, column: int) -> np.ndarray:
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2


def distance_to_selection(mask: np.ndarray, row: int, column: int) -> float:
    return float(squared_distances(mask, row, column)[mask > 0].min() ** 0.5) if mask.any() else np.inf


@settings(max_examples=60, deadline=None)
@given(selections(most=24), st.integers(0, 30))
def test_growing_takes_the_greatest_value_in_a_disc(mask, radius):
    """Exactly a Euclidean disc, for soft masks as for hard ones, at every border."""
    grown = dilated(mask, radius)
    for row, column in np.ndindex(mask.shape):
        assert mask[squared_distances(mask, row, column) <= radius**2].max() == grown[row, column]


@settings(max_examples=60, deadline=None)
@given(selections(most=20), st.integers(1, 30))
def test_feathering_is_a_linear_ramp_that_keeps_soft_values(mask, width):
    """The distance in (x, y, value) space, rounded; the definition is in ``feathered``."""
    ramp = feathered(mask, width)
    for row, column in np.ndindex(mask.shape):
        near = (255.0 - mask) ** 2 + (255 / width) ** 2 * squared_distances(mask, row, column)
        assert abs(max(0.0, 255 - near.min() ** 0.5) - ramp[row, column]) <= 1


@settings(max_examples=200, deadline=None)
@given(selections(), st.integers(0, 12), st.integers(0, 12))
def test_alpha_holds_the_selection_and_ends_where_it_must(mask, grow, feather):
    """Nowhere less than selected, exactly 0 from grow + feather pixels on, the selection itself without either."""
    alpha = patch_alpha(mask, grow, feather)
    assert (mask.shape, np.uint8) == (alpha.shape, alpha.dtype)
    assert (alpha >= mask).all()
    if grow == feather == 0:
        np.testing.assert_array_equal(mask, alpha)
    for row, column in np.argwhere(alpha > 0):
        distance = distance_to_selection(mask, row, column)
        assert distance <= grow if feather == 0 else distance < grow + feather


def test_a_hard_edge_gets_a_straight_ramp():
    """8 pixels of feather beside a hard edge: 255 on it, then 7/8, 6/8 ... 0."""
    mask = np.zeros((1, 20), np.uint8)
    mask[0, :4] = 255
    assert [255] + [round(255 * share / 8) for share in range(7, -1, -1)] == feathered(mask, 8)[0, 3:12].tolist()


@settings(max_examples=300, deadline=None)
@given(selections(), st.sampled_from([(64, 64), (8, 8), (16, 72), (128, 24)]))
def test_every_latent_under_a_visible_pixel_may_change(alpha, run_size):
    """The cell under each visible pixel is repainted throughout, at least as strongly as the pixel shows."""
    run_width, run_height = run_size
    height, width = alpha.shape
    mask = denoise_mask_of(alpha, run_width, run_height)
    assert ((run_height, run_width), np.float32) == (mask.shape, mask.dtype)
    assert 0 <= mask.min() <= mask.max() <= 1
    for row, column in np.argwhere(alpha > 0):
        top = int((row + 0.5) * run_height / height) // LATENT_CELL * LATENT_CELL
        left = int((column + 0.5) * run_width / width) // LATENT_CELL * LATENT_CELL
        cell = mask[top : top + LATENT_CELL, left : left + LATENT_CELL]
        assert cell.min() >= alpha[row, column] / 255 - 0.01


def test_the_mask_ends_beside_the_selection():
    """Three cells away nothing is repainted: there the model's own colour shift is measured."""
    alpha = np.zeros((128, 128), np.uint8)
    alpha[48:64, 48:64] = 255
    mask = denoise_mask_of(alpha, 128, 128)
    beside = np.ones_like(alpha, bool)
    beside[48 - 3 * LATENT_CELL : 64 + 3 * LATENT_CELL, 48 - 3 * LATENT_CELL : 64 + 3 * LATENT_CELL] = False
    assert 0 == mask[beside].max()


@pytest.mark.parametrize("selected", [1, 128, 254])
def test_soft_selections_stay_soft(selected):
    """A half-selected area is repainted more than half and less than wholly: its content stays near the canvas."""
    mask = denoise_mask_of(np.full((64, 64), selected, np.uint8), 64, 64)
    np.testing.assert_allclose(1 - (1 - selected / 255) ** 2, mask, atol=0.003)


def test_a_thin_stroke_survives_reduction():
    """One pixel wide in 1024, run at 128: still wholly repainted along its whole length."""
    alpha = np.zeros((1024, 1024), np.uint8)
    alpha[100:900, 517] = 255
    assert 1 == denoise_mask_of(alpha, 128, 128)[13:112, 64].min()


def test_a_selection_at_the_border_is_repainted_up_to_it():
    """The edge of the picture is not an edge of the selection: nothing fades there."""
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:20, :20] = 255
    assert 1 == denoise_mask_of(alpha, 64, 64)[:20, :20].min()
