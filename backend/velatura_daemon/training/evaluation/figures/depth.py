"""Does the depth ControlNet put a thing of the right outline in the right place?

Silhouettes are found by the difference from the background's colour, so only plain backgrounds are asked for. How well
that works is measured on the renders themselves and given in the note: no model can come out better.
"""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.training.data.scenes import PLATEAU, Scene

from ..figure import STEPS, Bench, Figure, Measurement, NotMeasurableError, Outcome
from ..metrics import overlap, visible_silhouette
from ..questions import draw_questions

SEED = 106
SHARE = 0.25


def measure(bench: Bench) -> Outcome:
    studio = bench.studio
    if studio.library.controlnet(studio.model, "depth") is None:
        raise NotMeasurableError(f"There is no depth ControlNet whose velatura.json names the model {studio.model!r}.")
    draw = random.Random(SEED)
    questions = draw_questions(bench.recipe, bench.share(SHARE), seed=SEED, plain=True)
    overlaps: dict[str, list[float]] = {"with": [], "without": [], "renders": []}
    for number, question in enumerate(questions, 1):
        bench.announce(f"depth: {number} of {len(questions)}")
        scene = bench.composer.compose(question.plan, draw)
        overlaps["renders"].append(overlap(visible_silhouette(scene.rgb), _silhouette(scene)))
        depth = _at_native_size(scene.depth, bench)
        wanted = depth >= PLATEAU
        for kind, controls in (("with", [("depth", depth)]), ("without", [])):
            picture = studio.paint(question.prompt, question.seed, steps=STEPS, controls=controls)
            overlaps[kind].append(overlap(visible_silhouette(picture), wanted))
    row = Measurement(
        id="depth_iou",
        label="depth ControlNet, overlap (IoU) of silhouettes",
        value=float(np.mean(overlaps["with"])),
        count=len(questions),
        control=float(np.mean(overlaps["without"])),
        control_label="without it",
        note=f"on the renders themselves: {float(np.mean(overlaps['renders'])):.2f}",
    )
    return Outcome(measurements=(row,))


def _silhouette(scene: Scene) -> NDArray[np.bool_]:
    return scene.depth >= PLATEAU


def _at_native_size(depth: NDArray[np.uint8], bench: Bench) -> NDArray[np.uint8]:
    native = (bench.studio.sizes.native_width, bench.studio.sizes.native_height)
    if depth.shape[::-1] == native:
        return depth
    return np.asarray(cv2.resize(depth, native, interpolation=cv2.INTER_NEAREST), np.uint8)


FIGURE = Figure(id="depth", order=60, measure=measure)
