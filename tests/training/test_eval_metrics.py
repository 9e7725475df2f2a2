"""The arithmetic of the evaluation, on arrays whose answers are known."""

import cv2
import numpy as np
import pytest

from velatura_daemon.training.evaluation.examples import halves
from velatura_daemon.training.evaluation.figure import Measurement
from velatura_daemon.training.evaluation.figures.inpainting import soft_mask
from velatura_daemon.training.evaluation.floors import Floor, control_holds, read_floors
from velatura_daemon.training.evaluation.metrics import (
    both_hits,
    chance_limit,
    edge_agreement,
    overlap,
    peak_signal_to_noise,
    shuffled_order,
    top_hits,
    visible_silhouette,
)


def line_at(column: int) -> np.ndarray:
    edges = np.zeros((32, 32), np.uint8)
    edges[4:28, column] = 255
    return edges


def test_edges_within_one_pixel_count_as_met_and_two_pixels_off_do_not() -> None:
    """The tolerance of edge F1 is one pixel."""
    wanted = line_at(10)
    assert 1.0 == edge_agreement(wanted, wanted)
    assert 1.0 == edge_agreement(line_at(11), wanted)
    assert 0.0 == edge_agreement(line_at(12), wanted)


def test_edge_agreement_weighs_what_is_missing_and_what_is_too_much() -> None:
    """Of two lines one is met, and nothing else is drawn: precision 1, recall 1/2, F1 2/3."""
    wanted = line_at(5) | line_at(20)
    assert pytest.approx(2 / 3) == edge_agreement(line_at(5), wanted)
    assert pytest.approx(2 / 3) == edge_agreement(wanted, line_at(5))
    assert 0.0 == edge_agreement(np.zeros_like(wanted), wanted)


def test_overlap_is_intersection_over_union() -> None:
    """Two squares of 8 x 8 that share a half have 32 of 96 pixels in common."""
    one, other = np.zeros((32, 32), bool), np.zeros((32, 32), bool)
    one[8:16, 8:16] = True
    other[8:16, 12:20] = True
    assert pytest.approx(32 / 96) == overlap(one, other)
    assert 0.0 == overlap(np.zeros_like(one), np.zeros_like(one))


def test_psnr_of_a_known_error() -> None:
    """An error of 1 everywhere is 48.13 dB."""
    picture = np.full((8, 8, 3), 100, np.uint8)
    assert pytest.approx(48.1308, abs=1e-3) == peak_signal_to_noise(picture + 1, picture)
    assert float("inf") == peak_signal_to_noise(picture, picture)


@pytest.mark.parametrize("shade", [1.0, 0.8])
def test_silhouette_is_found_on_plain_and_darkening_backgrounds(shade: float) -> None:
    """A disc is found whole, its hole of the background's colour included, even when the background gets darker."""
    picture = np.full((64, 64, 3), (240, 200, 80), np.float32) * np.linspace(1, shade, 64)[:, None, None]
    picture = picture.astype(np.uint8)
    ground = picture.copy()
    cv2.circle(picture, (32, 32), 18, (60, 60, 200), cv2.FILLED)
    picture[28:36, 28:36] = ground[28:36, 28:36]
    disc = cv2.circle(np.zeros((64, 64), np.uint8), (32, 32), 18, 1, cv2.FILLED).astype(bool)
    assert overlap(visible_silhouette(picture), disc) > 0.97
    assert not visible_silhouette(ground).any()


def test_top_hits_count_only_the_first_places() -> None:
    """The wanted class in second place is no top-1 hit but a top-2 hit."""
    ranked = np.array([[2, 0, 1], [1, 2, 0]])
    assert [True, False] == top_hits(ranked, [2, 2], 1).tolist()
    assert [True, True] == top_hits(ranked, [2, 2], 2).tolist()


def test_two_things_may_change_sides_but_neither_may_be_missing() -> None:
    """Both must be there, in either order; one of them twice is not enough."""
    assert [True, True, False] == both_hits([(1, 2), (2, 1), (1, 1)], [(1, 2)] * 3).tolist()


def test_shuffled_prompts_are_at_chance_for_a_model_that_is_always_right() -> None:
    """The control permutes the prompts: nobody keeps its own, and a perfect model falls to chance."""
    classes, count = 32, 640
    wanted = [index % classes for index in range(count)]
    ranked = np.argsort(-np.eye(classes)[wanted], axis=1, kind="stable")
    order = shuffled_order(count, seed=5)
    assert sorted(order) == list(range(count))
    assert all(index != place for index, place in enumerate(order))
    control = float(top_hits(ranked, [wanted[place] for place in order], 1).mean())
    assert 1.0 == float(top_hits(ranked, wanted, 1).mean())
    assert control <= chance_limit(1 / classes, count) < 0.06


def test_soft_mask_covers_the_box_and_ends_soft() -> None:
    """255 over the box, 0 far from it, and something between on the way."""
    mask = soft_mask((64, 64), x=20, y=20, side=24)
    assert 255 == mask[20:44, 20:44].min()
    assert 0 == mask[:10].max()
    assert len(np.unique(mask)) > 2
    between = mask[32, 44:50].astype(int)
    assert (np.diff(between) <= 0).all()


def test_halves_see_the_two_sides() -> None:
    """The left view has nothing of the right quarter, the right view nothing of the left one."""
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, :25] = 50
    picture[:, 75:] = 200
    left, right = halves(picture)
    assert (60, 60, 3) == left.shape == right.shape
    assert 50 == left.max()
    assert 50 not in right
    assert 200 in right


def test_floors_bound_value_and_control() -> None:
    """A floor may bound the value from below or above, and the control from above."""
    row = Measurement(id="x", label="x", value=0.7, count=10, control=0.2)
    assert Floor(at_least=0.7).is_met(row)
    assert not Floor(at_least=0.71).is_met(row)
    assert not Floor(at_most=0.6).is_met(row)
    assert not Floor(at_least=0.5, control_at_most=0.1).is_met(row)
    assert control_holds(row) is None
    assert control_holds(Measurement(id="x", label="x", value=1, count=9, control=0.5, control_limit=0.1)) is False


def test_the_file_of_floors_is_read() -> None:
    """The targets of a model trained without and with a GPU, as the project set them."""
    floors = read_floors()
    assert 0.65 == floors["object_top1"]["cpu"].at_least
    assert 0.95 == floors["object_top1"]["gpu"].at_least
    assert 0.40 == floors["depth_iou"]["cpu"].control_at_most
    assert 4.0 == floors["seconds"]["cpu"].at_most
