"""What the plug-in costs when real Krita starts."""

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
