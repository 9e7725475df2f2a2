"""What real Krita's painter reads when something cannot work, and that nothing is lost by it."""

import json

import pytest

pytestmark = pytest.mark.krita

LAYERS = ["Background", "sky", "grass", "ink"]


@pytest.fixture(scope="module")
def outcome(start_krita_once):
    """The daemon's command names a program that says why it ends at once."""
    command = ["sh", "-c", "echo the engine room is locked >&2; exit 3"]
    outcome = start_krita_once(VELATURA_DAEMON_COMMAND=json.dumps(command)).run("obstacles.py")
    assert outcome.error == ""
    return outcome


def test_without_a_picture_or_a_selection(outcome):
    """Fill Selection asks for no prompt then, but says what to do first."""
    assert ["velatura_error", "No picture is open. Open or create one first."] == outcome.values["no picture"]
    name, text = outcome.values["no selection"]
    assert "velatura_error" == name
    assert text.startswith("Nothing is selected. Select the part of the picture")
    assert "velatura_prompt_dialog" not in [name for name, _, _ in outcome.modals]


def test_daemon_that_cannot_start(outcome):
    """The message says that the daemon did not start and why; the picture is as it was; Krita ends as always."""
    name, text = outcome.values["no daemon"]
    assert "velatura_error" == name
    assert text.startswith("The daemon did not start: the engine room is locked")
    assert LAYERS == outcome.values["layers"]
    pictures = [(outcome.folder / f"{name}.bgra").read_bytes() for name in ("before", "after")]
    assert pictures[0] == pictures[1]
    assert (0, {}) == (outcome.exit_code, outcome.left)


def test_error_stands_in_the_docker_when_that_is_open(outcome):
    """Then no message box gets in the way."""
    assert outcome.values["in the docker"].startswith("The daemon did not start: the engine room is locked")
    assert outcome.values["modal with docker"] is False
