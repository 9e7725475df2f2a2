"""Results land where their content is, in real Krita: after scale, crop, resize, turns, mirroring, flattening."""

import pytest
from krita_harness.gated_daemon import gated_daemon

pytestmark = pytest.mark.krita

WIDTH, HEIGHT = 320, 240
X, Y, W, H = 60, 90, 64, 48
#: Where the selection's content is after each change: x, y, width, height.
PLACES = {
    "nothing": [X, Y, W, H],
    "scale": [2 * X, 2 * Y, 2 * W, 2 * H],
    "half": [X // 2, Y // 2, W // 2, H // 2],
    "crop": [X - 40, Y - 60, W, H],
    "enlarge": [X + 30, Y + 20, W, H],
    "mirror": [WIDTH - X - W, Y, W, H],
    "flip": [X, HEIGHT - Y - H, W, H],
    "right": [HEIGHT - Y - H, X, H, W],
    "left": [Y, WIDTH - X - W, H, W],
    "half turn": [WIDTH - X - W, HEIGHT - Y - H, W, H],
    "flatten": [X, Y, W, H],
}


def is_close(expected, bounds):
    """Each border within a pixel: scaling softens what was hard."""
    x, y, width, height = expected
    left, top, columns, rows = bounds
    borders = (left - x, top - y, left + columns - x - width, top + rows - y - height)
    return max(map(abs, borders)) <= 1


@pytest.fixture(scope="module")
def found(start_krita_once, tmp_path_factory):
    gate = tmp_path_factory.mktemp("gate") / "open"
    outcome = start_krita_once(**gated_daemon(gate)).run("geometry.py", timeout_s=280)
    assert outcome.error == ""
    assert () == outcome.modals
    return outcome.values


@pytest.mark.parametrize("change", PLACES)
def test_changed_while_a_job_runs(found, change):
    """The layer lies where the selected part of the picture is now, as large as that."""
    bounds, told, _size, waiting = found["while it runs"][change]
    assert ("finished", 0) == (told, waiting)
    assert is_close(PLACES[change], bounds)


def test_what_was_cropped_away_is_not_lost(found):
    """The part that was painted is outside of the canvas now: the layer lies there, or waits and says so."""
    bounds, told, _size, waiting = found["while it runs"]["crop to nothing"]
    assert ([X - 200, Y - 200, W, H], "finished", 0) == (bounds, told, waiting) or (None, "failed", 1) == (
        bounds,
        told,
        waiting,
    )


@pytest.mark.parametrize("change", [change for change in PLACES if change != "flatten"])
def test_made_again_after_a_change(found, change):
    """From a layer: it comes where that layer is now."""
    before, after, told = found["made again"][change]
    assert "finished" == told
    assert is_close(before, after)
    assert is_close(PLACES[change], before)


def test_flattened_and_undone(found):
    """Recipe, layer and history are there again, though another picture was opened and closed meanwhile."""
    kept = found["flattened"]
    assert 1 == kept["flat"]
    assert (True, True) == (kept["undone"], kept["recipes"])
    assert [[True], 1] == kept["history"]
