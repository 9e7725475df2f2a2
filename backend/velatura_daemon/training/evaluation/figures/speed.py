"""How long one picture takes."""

import statistics
import time

from ..figure import STEPS, Bench, Figure, Measurement, Outcome
from ..questions import draw_questions

SEED = 109
PICTURES = 5


def measure(bench: Bench) -> Outcome:
    """After one picture that is not counted, since it loads the weights."""
    first, *questions = draw_questions(bench.recipe, PICTURES + 1, seed=SEED)
    bench.studio.paint(first.prompt, first.seed, steps=STEPS)
    times = []
    for number, question in enumerate(questions, 1):
        bench.announce(f"speed: {number} of {len(questions)}")
        started = time.perf_counter()
        bench.studio.paint(question.prompt, question.seed, steps=STEPS)
        times.append(time.perf_counter() - started)
    sizes, device = bench.studio.sizes, bench.studio.engine.describe()
    row = Measurement(
        id="seconds",
        label=f"one picture, {STEPS} steps, {sizes.native_width} x {sizes.native_height}",
        value=statistics.median(times),
        count=PICTURES,
        unit="s",
        note=f"median; {device['device']}" + (f", {device['threads']} threads" if "threads" in device else ""),
    )
    return Outcome(measurements=(row,), details={"seconds_each": [round(one, 3) for one in times]})


FIGURE = Figure(id="speed", order=90, measure=measure)
