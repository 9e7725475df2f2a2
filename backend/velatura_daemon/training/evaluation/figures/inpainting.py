"""Repaints a thing as another one inside a soft mask, and looks at what lies outside."""

import random
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.compositing.over import composite_over
from velatura_daemon.training.data.plans import natural_plan
from velatura_daemon.training.data.scenes import Scene

from ..figure import STEPS, Bench, Figure, Measurement, NotMeasurableError, Outcome
from ..metrics import top_hits
from ..questions import Question, draw_questions, wanted_things

ByteArray = NDArray[np.uint8]

SEED = 104
SHARE = 0.5
AMONG = 5
#: The mask covers the box of the thing and this share of its side more, and then falls off over as much again.
MARGIN = 0.04


def measure(bench: Bench) -> Outcome:
    """The prompts are the questions; each canvas shows another thing on the background that its prompt names."""
    if len(bench.recipe.things) < 2:
        raise NotMeasurableError("The recipe has only one thing.")
    draw = random.Random(SEED)
    questions = draw_questions(bench.recipe, bench.share(SHARE), seed=SEED)
    canvases, pictures, untouched = [], [], []
    for number, question in enumerate(questions, 1):
        bench.announce(f"inpainting: {number} of {len(questions)}")
        scene = _canvas(question, bench, draw)
        canvas, mask = _at_native_size(scene, bench)
        patch = bench.studio.inpaint(question.prompt, question.seed, steps=STEPS, canvas=canvas, mask=mask)
        before = np.dstack([canvas, np.full(canvas.shape[:2], 255, np.uint8)])
        after = composite_over(before, patch.rgba, patch.x, patch.y)
        untouched.append(bool((after[mask == 0] == before[mask == 0]).all()))
        canvases.append(canvas)
        pictures.append(np.ascontiguousarray(after[..., :3]))
    wanted = wanted_things(questions, bench.classifier.labels)
    ranked, ranked_before = (bench.classifier.judge(shown).ranked_things() for shown in (pictures, canvases))
    rows = [
        Measurement(
            id=f"inpaint_top{number}",
            label=f"inpainting, prompted object inside the mask, top-{number}",
            value=float(top_hits(ranked, wanted, number).mean()),
            count=len(questions),
            control=float(top_hits(ranked_before, wanted, number).mean()),
            control_label="the canvas before",
        )
        for number in (AMONG, 1)
    ]
    rows.append(
        Measurement(
            id="inpaint_untouched",
            label="inpainting, pixels outside the mask equal bit for bit",
            value=float(np.mean(untouched)),
            count=len(questions),
        )
    )
    return Outcome(measurements=tuple(rows))


def _canvas(question: Question, bench: Bench, draw: random.Random) -> Scene:
    """Another thing on the same background."""
    asked = question.plan.things[0]
    key = draw.choice([key for key in bench.recipe.things if key != asked.key])
    return bench.composer.compose(replace(question.plan, things=(natural_plan(bench.recipe, key, asked.style),)), draw)


def _at_native_size(scene: Scene, bench: Bench) -> tuple[ByteArray, ByteArray]:
    """Canvas (h, w, 3) and mask (h, w), uint8, 255 = repaint."""
    size = len(scene.rgb)
    mask = soft_mask((size, size), scene.boxes[0].x, scene.boxes[0].y, scene.boxes[0].side)
    native = (bench.studio.sizes.native_width, bench.studio.sizes.native_height)
    if native == (size, size):
        return scene.rgb, mask
    return np.asarray(cv2.resize(scene.rgb, native), np.uint8), np.asarray(cv2.resize(mask, native), np.uint8)


def soft_mask(shape: tuple[int, int], x: int, y: int, side: int) -> ByteArray:
    """(h, w) uint8: 255 over the box and its margin, from there falling evenly to 0 over the margin's width."""
    margin = max(1, round(side * MARGIN))
    box = np.zeros(shape, np.uint8)
    box[max(0, y - margin) : y + side + margin, max(0, x - margin) : x + side + margin] = 1
    distance = cv2.distanceTransform(1 - box, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.round(255 * np.clip(1 - distance / (margin + 1), 0, 1)).astype(np.uint8)


FIGURE = Figure(id="inpaint", order=40, measure=measure)
