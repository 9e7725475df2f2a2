"""What comes between begin and end of a job in real Krita, with the real daemon and an engine that waits for a file."""

import pytest
from krita_harness.gated_daemon import gated_daemon

pytestmark = pytest.mark.krita

LAYERS = ["Background", "sky", "grass", "ink"]


@pytest.fixture(scope="module")
def found(start_krita_once, tmp_path_factory):
    gate = tmp_path_factory.mktemp("gate") / "open"
    outcome = start_krita_once(**gated_daemon(gate)).run("interruptions.py", timeout_s=180)
    assert outcome.error == ""
    print({name: outcome.values[name] for name in ("largest gap in ms",)})
    return outcome.values


def test_cancelled_in_the_docker(found):
    """Prompt typed and Fill clicked with a real mouse, previews seen, Cancel clicked: the job ends without a layer."""
    assert {"ends": [["finished", "Cancelled."]], "layers": [*LAYERS, "Selection Mask"]} == found["cancelled"]


def test_result_that_arrives_during_a_stroke_waits(found):
    """The result is there while the button is down; the layer comes when it is up, above the painter's layer."""
    seen = found["stroke"]
    assert ([["finished", "New layer: a plum"]], 1) == (seen["ends"], seen["button at the result"])
    assert seen["before"] == seen["during"]
    assert [*LAYERS, "strokes", "a plum"] == seen["after"]
    assert "strokes" == seen["active"]


def test_stroke_during_which_a_result_arrived_is_whole(found):
    """It has the width, the rows and the pixels of a stroke drawn in peace."""
    width, rows, painted = found["stroke alone"]
    assert width > 150
    assert painted > width
    # another height meets the zoomed pixels otherwise: a row more or less. Of a stroke that was cut, half would be gone
    assert pytest.approx([width, rows, painted], rel=0.2, abs=2) == found["stroke with result"]


def test_layer_switched_while_the_job_runs(found):
    """The result covers the canvas, so it stands above all paint; the painter's layer of now stays active."""
    seen = found["switched"]
    assert [*seen["before"], "a sloe"] == seen["after"]
    assert "ink" == seen["active"]


def test_document_closed_while_its_job_runs(found):
    """The job is over, the painter is told why there is no layer, and the other picture is left alone."""
    closed = found["closed"]
    assert [["finished", "The picture was closed before its layer was ready."]] == closed["ends"]
    assert closed["before"] == closed["after"]
