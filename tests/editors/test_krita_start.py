"""What the plug-in costs and shows when real Krita starts."""

import re

import pytest

pytestmark = pytest.mark.krita(everywhere=True)


def test_start_imports_nothing_heavy(start_krita):
    """The connection's libraries wait until they are needed; the time of the import is printed."""
    session = start_krita(PYTHONPROFILEIMPORTTIME="1")
    outcome = session.run("warm_up.py")
    assert outcome.error == ""
    log = (session.folder / "krita.log").read_text(errors="replace")
    # "import time: self [us] | cumulative | imported package", indented by depth
    cumulative_us = {
        name: int(time) for time, name in re.findall(r"^import time: +\d+ \| +(\d+) \| +(\S+)$", log, re.M)
    }
    print({"import of velatura_krita in ms": round(cumulative_us["velatura_krita"] / 1000, 1)})
    assert "velatura_krita.docker" in cumulative_us
    assert set() == {"zmq", "msgpack", "numpy", "velatura_client.background"} & set(cumulative_us)


def test_panel_is_seen_at_the_first_start(first_start):
    """Newer Kritas hide a docker that they do not know yet."""
    _session, outcome = first_start
    assert outcome.values["panel"] is True


def test_panel_that_was_hidden_stays_hidden(start_krita):
    """It is shown unasked only once."""
    session = start_krita()
    seen = []
    for _ in range(3):
        outcome = session.run("hide_docker.py")
        assert outcome.error == ""
        seen.append(outcome.values["panel"])
    assert [True, False, False] == seen
