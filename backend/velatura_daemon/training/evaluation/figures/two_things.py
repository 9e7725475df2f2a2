"""Two things side by side: both there? Each half of a picture is judged by itself; which is on which side is free."""

import numpy as np

from ..examples import halves
from ..figure import Bench, Figure, Measurement, NotMeasurableError, Outcome
from ..metrics import both_hits, shuffled_order
from ..questions import draw_questions, paint_answers

SEED = 103
SHARE = 0.5


def measure(bench: Bench) -> Outcome:
    if len(bench.recipe.things) < 2:
        raise NotMeasurableError("The recipe has only one thing.")
    index = bench.classifier.labels.things.index
    questions = draw_questions(bench.recipe, bench.share(SHARE), things=2, seed=SEED)
    sides = zip(*(halves(picture) for picture in paint_answers(bench, questions, "two things")), strict=True)
    left, right = (bench.classifier.judge(list(side)).things.argmax(axis=1) for side in sides)
    seen = list(zip(left.tolist(), right.tolist(), strict=True))
    wanted = [(index(question.plan.things[0].key), index(question.plan.things[1].key)) for question in questions]
    other = [wanted[place] for place in shuffled_order(len(wanted), SEED)]
    one = [bool(set(pair) & set(asked)) for pair, asked in zip(seen, wanted, strict=True)]
    row = Measurement(
        id="two_present",
        label="two objects, both present",
        value=float(both_hits(seen, wanted).mean()),
        count=len(questions),
        control=float(both_hits(seen, other).mean()),
        control_label="prompts shuffled",
        note=f"at least one of the two: {float(np.mean(one)):.0%}",
    )
    return Outcome(measurements=(row,))


FIGURE = Figure(id="two", order=30, measure=measure)
