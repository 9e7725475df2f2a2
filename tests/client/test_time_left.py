"""How long a stage still takes, told from how fast it went."""

import pytest

from velatura_client.editor import Progress
from velatura_client.time_left import TimeLeft, time_left_text


def test_told_from_the_pace_so_far():
    """A quarter in five seconds: fifteen are left. The first look tells nothing."""
    left = TimeLeft()
    assert left.note(Progress("job", "Painting", 0.0), 100.0) is None
    assert 15.0 == left.note(Progress("job", "Painting", 0.25), 105.0)


@pytest.mark.parametrize(
    "second", [Progress("job", "Developing", 0.1), Progress("other", "Painting", 0.9), Progress("job", "Loading")]
)
def test_new_stage_or_job_begins_anew(second):
    """The pace of one stage says nothing of the next, nor one job's of another."""
    left = TimeLeft()
    left.note(Progress("job", "Painting", 0.0), 0.0)
    left.note(Progress("job", "Painting", 0.5), 10.0)
    assert left.note(second, 20.0) is None


def test_too_early_to_tell():
    """Within the first second nothing is told, however far it went."""
    left = TimeLeft()
    left.note(Progress("job", "Painting", 0.0), 0.0)
    assert left.note(Progress("job", "Painting", 0.5), 0.5) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.4, ""), (1.2, "2 s left"), (59.0, "59 s left"), (61.0, "2 min left")]
)
def test_text_is_short(seconds, text):
    """Seconds below a minute, then minutes, both rounded up."""
    assert text == time_left_text(seconds)
