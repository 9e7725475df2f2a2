"""Continuing a picture where the canvas is transparent: only paint counts, and the result joins it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from velatura_daemon.compositing.inpaint import compose_patch, prepare_inpaint
from velatura_daemon.compositing.masks import denoise_mask_of
from velatura_daemon.compositing.over import composite_over
from velatura_protocol.request import InpaintSettings

SIDE = 128
#: Columns of paint; the selection covers the rest.
EDGE = 88
EXTEND = InpaintSettings(fill="blur")


@pytest.fixture
def painting() -> np.ndarray:
    """A blue sky over green, with grain, on the left; nothing on the right: (128, 128, 4) uint8."""
    canvas = np.zeros((SIDE, SIDE, 4), np.uint8)
    canvas[: SIDE // 2, :EDGE, :3], canvas[SIDE // 2 :, :EDGE, :3] = (120, 160, 220), (80, 150, 60)
    grain = np.random.default_rng(4).integers(-12, 13, (SIDE, EDGE, 1))
    canvas[:, :EDGE, :3] = np.clip(canvas[:, :EDGE, :3] + grain, 0, 255)
    canvas[:, :EDGE, 3] = 255
    return canvas


@pytest.fixture
def selection() -> np.ndarray:
    """All that is transparent, hard-edged: (128, 128) uint8."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:, EDGE:] = 255
    return mask


def prepared(canvas, mask, settings=EXTEND):
    return prepare_inpaint(canvas=canvas, mask=mask, settings=settings, run_width=SIDE, run_height=SIDE)


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (255, 0, 255)])
@pytest.mark.parametrize("fill", ["original", "blur", "noise"])
def test_colours_under_transparent_pixels_are_never_seen(painting, selection, hidden, fill):
    """Editors leave black, white or anything under alpha 0; the model is shown the same picture."""
    other = painting.copy()
    other[:, EDGE:, :3] = hidden
    settings = replace(EXTEND, fill=fill)
    np.testing.assert_array_equal(
        prepared(painting, selection, settings).image, prepared(other, selection, settings).image
    )


def test_the_hole_is_filled_with_the_paint_beside_it(painting, selection):
    """Sky goes on as sky and green as green, near the colours that are there."""
    filled = prepared(painting, selection).image
    for rows, colour in ((slice(8, 40), (120, 160, 220)), (slice(88, 120), (80, 150, 60))):
        np.testing.assert_allclose(np.broadcast_to(colour, (3,)), filled[rows, EDGE:].mean((0, 1)), atol=14)


@pytest.mark.parametrize("fill", ["blur", "noise"])
def test_transparent_pixels_that_are_not_selected_do_not_colour_the_filling(painting, selection, fill):
    """A selection of half the hole: what fills it comes from the paint, as if the rest of the hole were selected."""
    canvas = painting.copy()
    canvas[:, :EDGE, :3] = (200, 40, 40)
    canvas[:, 20:EDGE] = 0
    mask = selection.copy()
    mask[:, :EDGE] = 0
    filled = prepared(canvas, mask, replace(EXTEND, fill=fill)).image[:, EDGE:]
    np.testing.assert_allclose((200, 40, 40), filled.mean((0, 1)), atol=12)


def test_the_result_is_opaque_in_the_hole_and_the_paint_keeps_every_bit(painting, selection):
    """What was extended is whole: alpha 255 wherever the selection is full."""
    inputs = prepared(painting, selection)
    patch, x, y = compose_patch(generated=inputs.image, canvas=painting, inputs=inputs, settings=EXTEND)
    result = composite_over(painting, patch, x, y)
    assert 255 == result[..., 3].min()
    np.testing.assert_array_equal(painting[:, :EDGE], result[:, :EDGE])


def test_colours_are_matched_to_paint_alone(painting, selection):
    """A model that darkens what it made up in an unselected hole, and nothing else, gives no reason to lighten."""
    canvas = painting.copy()
    canvas[96:] = 0  # a hole that is not selected
    mask = selection.copy()
    mask[96:] = 0
    inputs = prepared(canvas, mask)
    generated = inputs.image.copy()
    generated[104:, : EDGE - 16] //= 2
    settings = replace(EXTEND, correct_seam=False)
    patch, _, _ = compose_patch(generated=generated, canvas=canvas, inputs=inputs, settings=settings)
    np.testing.assert_array_equal(generated[:96, EDGE:], patch[..., :3])


def test_the_paint_at_the_edge_is_held_and_the_hole_follows_it(painting, selection):
    """Beside the hole nothing is repainted that does not show; into the hole the change grows from little to all."""
    mask = prepared(painting, selection).denoise_mask
    assert 0 == mask[:, :EDGE].max()
    along = mask[SIDE // 2, EDGE:]
    assert (np.diff(along) >= 0).all()
    assert 0 < along[0] < 0.25
    assert 1 == along[24:].min()


@pytest.mark.parametrize("overlap", [1, 6])
def test_a_selection_that_laps_over_the_paint_extends_all_the_same(painting, selection, overlap):
    """A few pixels of paint under the selection's edge are no wish to repaint the picture there."""
    mask = selection.copy()
    mask[:, EDGE - overlap :] = 255
    change = prepared(painting, mask).denoise_mask
    assert 0 == change[:, : EDGE - overlap].max()
    assert change[:, EDGE - overlap].max() < 0.25


def test_paint_that_is_selected_is_repainted_beside_a_hole_too(painting, selection):
    """Where the selection reaches far into the paint, the paint there may change as it does without a hole."""
    mask = selection.copy()
    mask[:, EDGE - 48 :] = 255
    with_hole = prepared(painting, mask).denoise_mask
    without = denoise_mask_of(mask, SIDE, SIDE)
    np.testing.assert_array_equal(without[:, : EDGE - 20], with_hole[:, : EDGE - 20])
    assert 1 == with_hole[:, EDGE - 48 :].min()


@pytest.mark.parametrize("fill", ["neutral", "noise"])
def test_a_filling_that_does_not_continue_the_paint_is_not_held(painting, selection, fill):
    """Grey or noise that was asked for is to be painted over, at the edge too."""
    inputs = prepared(painting, selection, replace(EXTEND, fill=fill))
    np.testing.assert_array_equal(denoise_mask_of(selection, SIDE, SIDE), inputs.denoise_mask)


def test_a_hole_without_any_paint_beside_it_is_repainted_wholly(selection):
    """An empty canvas: there is nothing to hold on to."""
    inputs = prepared(np.zeros((SIDE, SIDE, 4), np.uint8), selection)
    assert 1 == inputs.denoise_mask[:, EDGE:].min()
    assert not inputs.is_held.any()


def test_a_canvas_without_holes_is_treated_as_ever(painting, selection):
    """Nothing of this touches selections in a painting that is whole."""
    painting[..., 3] = 255
    inputs = prepared(painting, selection)
    np.testing.assert_array_equal(denoise_mask_of(selection, SIDE, SIDE), inputs.denoise_mask)
    np.testing.assert_array_equal(inputs.denoise_mask == 0, inputs.is_held)


def test_the_seam_is_corrected_against_paint_alone(painting, selection):
    """Black under alpha 0 beside the selection is no colour to be met."""
    canvas = cv2.copyMakeBorder(painting[:, : SIDE - 16], 0, 0, 0, 16, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    mask = selection.copy()
    mask[:, SIDE - 16 :] = 0
    inputs = prepared(canvas, mask)
    patch, _, _ = compose_patch(generated=inputs.image, canvas=canvas, inputs=inputs, settings=EXTEND)
    right = patch[:, -4:, :3].astype(int)
    assert np.abs(right - inputs.image[:, SIDE - 20 : SIDE - 16]).max() <= 4
