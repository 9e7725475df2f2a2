"""The edges control: lines found in a picture, and lines that a painter drew."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from velatura_daemon.controls.control import NoEstimators
from velatura_daemon.controls.edges import CONTROL


def drawing(ground: tuple[int, int, int], line: tuple[int, int, int]) -> np.ndarray:
    """A house of antialiased lines: (96, 96, 3) uint8."""
    picture = np.full((96, 96, 3), ground, np.uint8)
    outline = np.array([[20, 80], [20, 45], [48, 18], [76, 45], [76, 80]], np.int32)
    cv2.polylines(picture, [outline], isClosed=True, color=line, thickness=2, lineType=cv2.LINE_AA)
    return picture


WHITE_ON_BLACK = drawing((0, 0, 0), (255, 255, 255))


def test_edges_are_found_where_the_picture_changes():
    """A filled square gives its outline, white on black and one to two pixels wide, and nothing else."""
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[16:48, 16:48] = (40, 60, 80)
    edges = CONTROL.prepare(picture, NoEstimators())
    assert ((64, 64), np.uint8) == (edges.shape, edges.dtype)
    assert {0, 255} == set(np.unique(edges).tolist())
    rows, columns = np.nonzero(edges)
    assert 4 * 30 <= len(rows) <= 8 * 32
    to_outline = np.minimum(np.abs(np.stack([rows, columns]) - 15.5), np.abs(np.stack([rows, columns]) - 47.5))
    assert to_outline.min(axis=0).max() <= 1.5


def test_grain_is_not_an_edge():
    """Film grain of five levels on a plain ground leaves the map empty."""
    grain = np.random.default_rng(0).normal(128, 5, (96, 96, 1)).clip(0, 255).astype(np.uint8)
    assert not CONTROL.prepare(np.repeat(grain, 3, axis=2), NoEstimators()).any()


@pytest.mark.parametrize(
    ("ground", "line"),
    [
        ((0, 0, 0), (255, 255, 255)),
        ((255, 255, 255), (0, 0, 0)),
        ((255, 255, 255), (90, 90, 90)),
        ((128, 128, 128), (200, 30, 30)),
        ((30, 30, 60), (90, 200, 120)),
    ],
)
def test_a_drawing_works_whichever_way_round_it_is(ground, line):
    """Ink on paper, chalk on slate, faint pencil and coloured lines come out like white on black."""
    drawn = CONTROL.from_map(drawing(ground, line))
    np.testing.assert_allclose(WHITE_ON_BLACK[..., 0], drawn, atol=4)


def test_a_finished_map_is_taken_as_it_is():
    """White on black, grey values included, is not changed."""
    np.testing.assert_array_equal(WHITE_ON_BLACK[..., 0], CONTROL.from_map(WHITE_ON_BLACK))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_empty_paper_has_no_lines(level):
    """Plain paper of any colour, with its grain, does not become a map of noise."""
    paper = np.random.default_rng(1).normal(level, 3, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    assert not CONTROL.from_map(paper).any()


def test_one_pixel_is_enough():
    """The smallest picture has a map without lines."""
    pixel = np.full((1, 1, 3), 77, np.uint8)
    assert [[0]] == CONTROL.prepare(pixel, NoEstimators()).tolist()
    assert [[0]] == CONTROL.from_map(pixel).tolist()


def test_the_description_is_read_without_heavy_libraries():
    """The supervisor reads id, label and help: neither OpenCV nor torch is loaded for that."""
    code = (
        "import sys; from velatura_daemon.controls.edges import CONTROL; "
        "print(CONTROL.id, sorted({'cv2', 'numpy', 'torch'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "edges []\n" == output.stdout
