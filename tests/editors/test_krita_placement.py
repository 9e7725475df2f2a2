"""What arrives is seen, in real Krita, with the real daemon; the engine paints everything in one colour."""

import pytest
from krita_harness.gated_daemon import gated_daemon
from krita_harness.gated_engine import COLOUR

pytestmark = pytest.mark.krita

PAINT = list(COLOUR)
#: (blue, green, red, alpha) of the layer above which is filled, where nothing else is.
INK = [10, 20, 30, 255]


@pytest.fixture(scope="module")
def found(start_krita_once, tmp_path_factory):
    gate = tmp_path_factory.mktemp("gate") / "open"
    gate.touch()
    outcome = start_krita_once(**gated_daemon(gate)).run("placement.py", timeout_s=240)
    assert outcome.error == ""
    assert () == outcome.modals
    return outcome.values


def test_two_fills_in_a_row(found):
    """Each is seen, above the paint that would hide it and no higher; the layer that was active stays active."""
    names = ["Background", "sky", "ink", "first", "elsewhere"]
    assert [[*names, "Selection Mask"], "sky", PAINT] == found["twice"]["first"]
    assert [[*names[:4], "second", "elsewhere", "Selection Mask"], "sky", PAINT] == found["twice"]["second"]


def test_the_same_selection_is_read_without_its_earlier_result(found):
    """The second fill sees what is beneath the first; another selection sees the results; paint on one counts."""
    assert INK == found["twice"]["read by the second"]
    assert [COLOUR[2], COLOUR[1], COLOUR[0], 255] == found["twice"]["read by the third"]
    assert [9, 8, 7, 255] == found["twice"]["read by the fourth"]


@pytest.mark.parametrize("kind", ["hidden", "translucent", "multiply", "plain"])
def test_active_layer_in_a_group(found, kind):
    """Never inside a group that hides, dims or blends; inside one that does nothing; always seen."""
    layers, inside, seen = found["groups"][kind]
    assert (["inner", kind] if kind == "plain" else ["inner"]) == inside
    assert ["Background", "group", *([] if kind == "plain" else [kind]), "Selection Mask"] == layers
    assert PAINT == seen


def test_refine_on_a_new_file(found):
    """The empty layer is not meant: the button says so, and the picture is refined and seen."""
    new = found["new file"]
    assert ["Refine Picture", "Refine refined"] == [new["button"], new["button of a layer"]]
    assert ["Background", "Paint Layer 1", "made", "refined"] == new["layers"]
    assert [COLOUR[2], COLOUR[1], COLOUR[0], 255] == new["read"]


def test_selection_of_a_layer(found):
    """It counts like the one of the document."""
    assert found["local"] in ([40, 40, 60, 50], None)


def test_map_is_finished(found):
    """Hidden, beneath nothing, a control of the next jobs; the second is of the picture, not of the first map."""
    assert [False, False] == found["map"]["visible"]
    assert found["map"]["alike"]
    assert [["edges", True, True]] == found["map"]["controls"]


def test_canvas_is_enlarged_for_what_lies_outside(found):
    """A button offers it, one undo step takes it back, and the layer stays."""
    beyond = found["beyond"]
    assert (True, [160, 120]) == (beyond["offered"], beyond["size"])
    width, height, is_offered, colour = beyond["enlarged"]
    assert (False, PAINT) == (is_offered, colour)
    assert width >= 200
    assert height >= 140
    assert [160, 120, True] == beyond["undone"]
