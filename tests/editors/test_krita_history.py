"""The history in real Krita: of each picture its own, true after undo, there again when Krita was started anew."""

import pytest
from krita_harness.gated_daemon import gated_daemon

from velatura_client.identity import client_id
from velatura_client.launcher import Launcher
from velatura_client.session import make_hello
from velatura_protocol.messages import ListJobs

pytestmark = pytest.mark.krita


@pytest.fixture(scope="module")
def runs(start_krita_once, tmp_path_factory):
    """What each of two starts of Krita found, and how many jobs the daemon had after each."""
    session = start_krita_once(**gated_daemon(tmp_path_factory.mktemp("gate") / "open"))
    found = []
    for script in ("history.py", "history_again.py"):
        outcome = session.run(script)
        assert "" == outcome.error
        launcher = Launcher(folder=session.state, may_start=False)
        connection = launcher.connect(make_hello(client_id(session.state, "krita"), "krita"))
        try:
            jobs = len(connection.call(ListJobs()).body.jobs)
        finally:
            connection.close()
        found.append((outcome.values, jobs))
    return found


def test_what_is_only_shown_leaves_the_document_clean(runs):
    """The index and what the pictures were made from are in the document, without undo step and without changes."""
    (found, _), _ = runs
    clean = found["clean"]
    assert (False, 0) == (clean["modified"], clean["steps"])
    assert ["velatura-history", "velatura-input-"] == clean["kept"]
    assert (3, True) == (clean["history"], clean["shown"])
    [[heading, tip]] = clean["headings"]
    assert ("a red fox on a wall", True) == (heading, "pictures: 3" in tip)


def test_history_follows_the_picture(runs):
    """The other one has none; the first one's comes back with what lay over its canvas."""
    (found, _), _ = runs
    assert [[0, False, False], [3, True, True]] == found["switched"]


def test_in_the_picture_is_true(runs):
    """After undo, redo, the deletion of the layer and the undo of that."""
    (found, _), _ = runs
    assert [True, False, True, False, True] == found["applied, undo, redo, deleted, undo"]


def test_opened_again_in_the_same_run(runs):
    """Closed with its document, there with its file, and the pixels of what was undecided come from the daemon."""
    (found, jobs), _ = runs
    assert {"closed": 0, "same": True, "modified": False, "pixels": True} == found["opened again"]
    assert 1 == jobs  # one of its three pictures is undecided still


def test_after_a_restart(runs):
    """The list, its marks and its heading; no offer beside it; the last undecided picture is applied."""
    _, (found, jobs) = runs
    opened = found["opened"]
    assert (0, [True, True, False]) == (found["before"], opened["applied"])
    assert "a red fox on a wall" == opened["headings"][0][0]
    assert (False, False, True) == (opened["modified"], opened["offer visible"], opened["from the daemon"])
    assert 0 == jobs


def test_lost_picture_is_made_again(runs):
    """It says so, and from what is kept in the file the same pixels are made; the lost one then leaves the list."""
    _, (found, _) = runs
    lost = found["lost"]
    assert [True, True] == lost["lost"]
    assert "Make Again" in lost["told"]
    assert (True, True, 3) == (lost["seed"], lost["same pixels"], lost["history"])
