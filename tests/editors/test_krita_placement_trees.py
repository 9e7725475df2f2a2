"""What arrives is seen, in real Krita: in ten random trees of layers, and beside what reaches beyond its own pixels."""

import pytest
from krita_harness.gated_daemon import gated_daemon

pytestmark = pytest.mark.krita

#: Largest difference of a channel, 0..255: documents of 16 bit and other colour models round otherwise.
TOLERANCE = 2
REACHING = (
    "style",
    "style of a group",
    "copy",
    "destination-in",
    "destination-atop",
    "filter mask",
    "filter mask of a group",
    "channels of a group",
)


@pytest.fixture(scope="module")
def found(start_krita_once, tmp_path_factory):
    gate = tmp_path_factory.mktemp("gate") / "open"
    gate.touch()
    outcome = start_krita_once(**gated_daemon(gate)).run("placement_trees.py", timeout_s=400)
    assert outcome.error == ""
    # on a busy machine Krita says by a dialog without a question that it is still composing
    assert () == tuple(modal for modal in outcome.modals if modal[1:] != ("Krita", ""))
    return outcome.values


@pytest.mark.parametrize("number", range(10))
def test_results_are_seen_in_random_trees(found, number):
    """Fill and Generate with any layer or mask active: the picture shows the result wherever it is opaque, and one
    undo takes it away."""
    space, tree, outcomes = found["trees"][number]
    assert ["fill", "generate"] == [task for task, *_ in outcomes]
    for task, active, difference, ends, is_undone in outcomes:
        assert ["finished"] == [how for how, _ in ends], (space, tree, active)
        assert difference <= TOLERANCE, (space, tree, task, active)
        assert is_undone, (space, tree, task, active)


@pytest.mark.parametrize("kind", REACHING)
def test_results_are_seen_beside_what_reaches_beyond_its_pixels(found, kind):
    """The layer itself has no pixel where the result is; its stroke, blur or blending would change it all the same."""
    difference, ends, layers = found["reaching"][kind]
    assert ["finished"] == [how for how, _ in ends]
    assert difference <= TOLERANCE, layers
