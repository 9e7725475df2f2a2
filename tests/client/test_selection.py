"""What of a selection decides the region, in an editor."""

import numpy as np
import pytest
from layered_document import LayeredDocument

from velatura_client.selection import DIRT, deciding_bounds
from velatura_protocol.images import Rect

WIDTH, HEIGHT = 300, 220


def document_with(mask: np.ndarray) -> LayeredDocument:
    document = LayeredDocument(WIDTH, HEIGHT)
    document.selected = mask
    return document


@pytest.mark.parametrize("seed", range(40))
def test_dirt_does_not_decide(seed: int) -> None:
    """Random blots with a soft edge, and stray faint pixels anywhere: the bounds are those of what is above dirt."""
    random = np.random.default_rng(seed)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(int(random.integers(1, 4))):
        x, y = int(random.integers(0, WIDTH - 20)), int(random.integers(0, HEIGHT - 20))
        mask[y : y + int(random.integers(1, 90)), x : x + int(random.integers(1, 90))] = random.integers(1, 256)
    for _ in range(5):
        mask[random.integers(0, HEIGHT), random.integers(0, WIDTH)] |= random.integers(0, 2)
    document = document_with(mask)
    bounds = document.selection_bounds()
    assert bounds is not None
    above = document_with(np.where(mask > DIRT, mask, 0).astype(np.uint8)).selection_bounds()

    assert (above or bounds) == deciding_bounds(document, bounds)


def test_a_stray_pixel_in_a_corner() -> None:
    """A hole of 30 x 20 pixels and one pixel of 1 far away."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[100:120, 50:80] = 255
    mask[HEIGHT - 1, WIDTH - 1] = 1
    document = document_with(mask)

    assert Rect(50, 100, 250, 120) == document.selection_bounds()
    assert Rect(50, 100, 30, 20) == deciding_bounds(document, Rect(50, 100, 250, 120))


def test_faint_everywhere_is_all_that_was_selected() -> None:
    """Nothing is above dirt, so all of it counts."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:200, 20:30] = DIRT

    assert Rect(20, 10, 10, 190) == deciding_bounds(document_with(mask), Rect(20, 10, 10, 190))
