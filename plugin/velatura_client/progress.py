"""What a job's state looks like to a person."""

from velatura_protocol.messages import QUEUED, STARTING, SUCCEEDED, JobState

from .editor import Progress
from .texts import tr


def progress_of(state: JobState) -> Progress:
    if state.state == QUEUED:
        if state.position:
            return Progress(state.job, tr("Waiting, {count} ahead", count=state.position))
        if state.stage == STARTING:
            return Progress(state.job, tr("Starting the engine"))
        return Progress(state.job, tr("Waiting"))
    if state.state == SUCCEEDED:
        return Progress(state.job, tr("Fetching the picture"))
    text = _text_of(state.stage)
    if state.of <= 0:
        return Progress(state.job, text)
    steps = tr("{stage} {step}/{of}", stage=text, step=state.step, of=state.of)
    return Progress(state.job, steps, min(1.0, state.step / state.of))


def _text_of(stage: str) -> str:
    """What a person calls a stage; one of a newer daemon keeps its name."""
    texts = {
        "": tr("Beginning"),
        "loading": tr("Loading the model"),
        "encoding": tr("Reading prompt and picture"),
        "denoising": tr("Painting"),
        "decoding": tr("Developing"),
        "compositing": tr("Fitting it in"),
    }
    return texts.get(stage, stage)
