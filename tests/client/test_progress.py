"""What a person reads of a job's state."""

import pytest

from velatura_client.progress import progress_of
from velatura_protocol.messages import QUEUED, RUNNING, STAGES, STARTING, SUCCEEDED, JobState


@pytest.mark.parametrize(
    ("state", "text", "fraction"),
    [
        (JobState("j", QUEUED, STARTING), "Starting the engine", None),
        (JobState("j", QUEUED, STARTING, position=2), "Waiting, 2 ahead", None),
        (JobState("j", QUEUED, position=1), "Waiting, 1 ahead", None),
        (JobState("j", QUEUED), "Waiting", None),
        (JobState("j", RUNNING), "Beginning", None),
        (JobState("j", RUNNING, "denoising", 3, 8), "Painting 3/8", 0.375),
        (JobState("j", RUNNING, "of a newer daemon"), "of a newer daemon", None),
        (JobState("j", SUCCEEDED), "Fetching the picture", None),
    ],
)
def test_state_in_words(state: JobState, text: str, fraction: float | None) -> None:
    """Waiting says for what; only a job that begins is called so, not one that is over."""
    shown = progress_of(state)
    assert ("j", text, fraction) == (shown.job, shown.text, shown.fraction)


def test_every_stage_has_words_of_its_own() -> None:
    """No stage of this protocol is shown by its identifier, nor as the beginning."""
    words = {progress_of(JobState("j", RUNNING, stage)).text for stage in STAGES}
    assert len(STAGES) == len(words - {"Beginning", *STAGES})
