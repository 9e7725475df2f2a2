"""What the tests in real Krita rely on."""

import pytest

pytestmark = pytest.mark.krita("native")


def test_krita_that_crashes_by_itself_is_started_once_more(start_krita) -> None:
    """And that is kept, for ``.ci/run`` to tell."""
    session = start_krita()
    outcome = session.run("crash.py", timeout_s=60)
    assert ("", {"done": True}, ["crash.py"]) == (outcome.error, _of_script(outcome.values), session.crashes)
    session.crashes.clear()  # this one was meant


def test_crash_within_python_is_a_failure(start_krita) -> None:
    """What our own call does is not Krita's fault."""
    session = start_krita()
    outcome = session.run("crash_in_python.py", timeout_s=60)
    assert "Segmentation fault" in outcome.error
    assert [] == session.crashes


def _of_script(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name != "seconds_from_import_to_start"}
