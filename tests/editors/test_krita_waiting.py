"""Real Krita is killed while finished pictures wait for the end of a stroke, and started again."""

import signal

import pytest
from krita_harness.gated_daemon import gated_daemon

from velatura_client.identity import client_id
from velatura_client.launcher import Launcher
from velatura_client.session import make_hello
from velatura_protocol.images import Rect
from velatura_protocol.messages import ListJobs

pytestmark = pytest.mark.krita

#: What the feathered selection of ``krita_driver.painting`` covers at most.
SELECTED = Rect(256, 136, 208, 188)


@pytest.fixture(scope="module")
def runs(start_krita_once, tmp_path_factory):
    """What the killed and the next Krita found, and the prompts of the jobs in the daemon after each."""
    gate = tmp_path_factory.mktemp("gate") / "open"
    session = start_krita_once(**gated_daemon(gate))
    found = []
    for script in ("killed.py", "waiting.py"):
        outcome = session.run(script)
        assert outcome.error == ""
        launcher = Launcher(folder=session.state, may_start=False)
        connection = launcher.connect(make_hello(client_id(session.state, "krita"), "krita"))
        try:
            jobs = connection.call(ListJobs()).body.jobs
        finally:
            connection.close()
        found.append((outcome, [(job.label, job.state) for job in jobs]))
    return found


def test_results_that_wait_for_a_stroke_survive_a_kill(runs):
    """Fetched, but not yet in the document: the daemon still has them when Krita is gone."""
    (killed, jobs), _ = runs
    assert -signal.SIGKILL == killed.exit_code
    assert (["Background", "sky", "grass", "ink", "Selection Mask"], []) == (
        killed.values["layers"],
        killed.values["ends"],
    )
    assert [("a medlar", "succeeded"), ("a quince", "succeeded")] == jobs


def test_next_start_offers_them(runs):
    """A line in the docker, once a picture is open, and no dialog."""
    _, (outcome, _) = runs
    assert {"visible": False, "text": ""} == outcome.values["before"]
    assert 'A finished picture is waiting: "a medlar" (and 1 more)' == outcome.values["offer"]
    assert 'A finished picture is waiting: "a quince"' == outcome.values["next offer"]
    assert () == outcome.modals


def test_offer_is_inserted(runs):
    """Above the active layer, at the place that it was made for; that layer stays active and the offer goes."""
    _, (outcome, _) = runs
    seen = outcome.values["inserted"]
    assert ["Background", "sky", "grass", "ink"] == seen["before"]
    assert ["Background", "sky", "grass", "a quince", "ink"] == seen["after"]
    assert ("grass", False) == (seen["active"], seen["offer visible"])
    assert [["finished", "New layer: a quince"]] == seen["ends"]
    x, y, width, height = seen["bounds"]
    inside = Rect(x, y, width, height).intersection(SELECTED)
    assert inside == Rect(x, y, width, height)
    assert (width > 160, height > 140) == (True, True)


def test_nothing_is_left_behind(runs):
    """Inserted and discarded results leave the daemon; the menu action then says that nothing waits."""
    _, (outcome, jobs) = runs
    assert [] == jobs
    assert [["finished", "No finished picture is waiting."]] == outcome.values["then"]
