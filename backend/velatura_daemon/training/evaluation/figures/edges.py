"""Does the edges ControlNet keep the lines of its map?"""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.controls.control import NoEstimators
from velatura_daemon.controls.edges import prepare

from ..figure import STEPS, Bench, Figure, Measurement, NotMeasurableError, Outcome
from ..metrics import edge_agreement
from ..questions import draw_questions

SEED = 105
SHARE = 0.25


def measure(bench: Bench) -> Outcome:
    studio = bench.studio
    if studio.library.controlnet(studio.model, "edges") is None:
        raise NotMeasurableError(f"There is no edges ControlNet whose velatura.json names the model {studio.model!r}.")
    draw = random.Random(SEED)
    questions = draw_questions(bench.recipe, bench.share(SHARE), seed=SEED)
    agreements: dict[str, list[float]] = {"with": [], "without": []}
    for number, question in enumerate(questions, 1):
        bench.announce(f"edges: {number} of {len(questions)}")
        wanted = _find_edges(_at_native_size(bench.composer.compose(question.plan, draw).rgb, bench))
        for kind, controls in (("with", [("edges", wanted)]), ("without", [])):
            picture = studio.paint(question.prompt, question.seed, steps=STEPS, controls=controls)
            agreements[kind].append(edge_agreement(_find_edges(np.ascontiguousarray(picture)), wanted))
    followed, alone = (float(np.mean(agreements[kind])) for kind in ("with", "without"))
    count = len(questions)
    rows = (
        Measurement(
            id="edges_f1",
            label="edges ControlNet, F1 within 1 pixel",
            value=followed,
            count=count,
            control=alone,
            control_label="without it",
        ),
        Measurement(
            id="edges_gain", label="edges ControlNet, gain over without", value=followed - alone, count=count, unit="F1"
        ),
    )
    return Outcome(measurements=rows)


def _find_edges(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return prepare(rgb, NoEstimators())


def _at_native_size(rgb: NDArray[np.uint8], bench: Bench) -> NDArray[np.uint8]:
    native = (bench.studio.sizes.native_width, bench.studio.sizes.native_height)
    return rgb if rgb.shape[1::-1] == native else np.asarray(cv2.resize(rgb, native), np.uint8)


FIGURE = Figure(id="edges", order=50, measure=measure)
