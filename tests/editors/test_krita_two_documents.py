"""Two pictures at once, a daemon that is killed, a picture that is extended, saved and opened again, in real Krita."""

import pytest
from krita_harness.gated_daemon import gated_daemon

pytestmark = pytest.mark.krita


@pytest.fixture(scope="module")
def found(start_krita_once, tmp_path_factory):
    session = start_krita_once(**gated_daemon(tmp_path_factory.mktemp("gate") / "open"))
    outcome = session.run("two_documents.py", timeout_s=200)
    assert outcome.error == ""
    return outcome.values


def test_each_result_goes_into_its_own_picture(found):
    """Both jobs are in the queue, and the picture that is before the painter does not matter."""
    assert ["a plum", "a quince"] == found["queue"]
    assert [["a plum"], ["a quince"]] == found["each"]


def test_killed_daemon_is_told_and_the_job_goes_on(found):
    """`kill -9` in the midst of a job: a sentence, another daemon, and the layer comes."""
    after = found["after the daemon's end"]
    assert [["finished", "New layer: a sloe"]] == after["ends"]
    assert 1 == after["layers"].count("a sloe")


def test_extended_beyond_the_canvas(found):
    """The button's own choice is to extend, and the layer lies where the selection was, left of the canvas too."""
    assert [["finished", "New layer: a meadow"]] == found["extending told"]
    assert [-40, 100, 90, 60] == found["extended"]


def test_again_after_saving_and_opening(found):
    """The layer's recipe and what it was made from are in the file: the same pixels, off the canvas too."""
    assert {"ends": [["finished", "New layer: a meadow"]], "same": [True]} == found["opened again"]
