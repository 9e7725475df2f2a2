"""What a job's state looks like to a person."""

from typing import Dict

from velatura_protocol.messages import QUEUED, JobState

from .editor import Progress

_TEXT_OF_STAGE: Dict[str, str] = {
    "loading": "Loading the model",
    "encoding": "Reading prompt and picture",
    "denoising": "Painting",
    "decoding": "Developing",
    "compositing": "Fitting it in",
}


def progress_of(state: JobState) -> Progress:
    if state.state == QUEUED:
        ahead = f", {state.position} ahead" if state.position else ""
        return Progress(state.job, f"Waiting{ahead}")
    text = _TEXT_OF_STAGE.get(state.stage, state.stage or "Beginning")
    if state.of <= 0:
        return Progress(state.job, text)
    return Progress(state.job, f"{text} {state.step}/{state.of}", min(1.0, state.step / state.of))
