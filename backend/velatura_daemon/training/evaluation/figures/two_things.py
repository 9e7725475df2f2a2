"""Two things side by side: both there? They are when the classifier, which knows pairs, names these two first."""

from ..figure import Bench, Figure, Measurement, NotMeasurableError, Outcome
from ..metrics import both_hits, shuffled_order, top_hits
from ..questions import draw_questions, paint_answers

SEED = 103
SHARE = 0.5


def measure(bench: Bench) -> Outcome:
    if len(bench.recipe.things) < 2:
        raise NotMeasurableError("The recipe has only one thing.")
    labels = bench.classifier.labels
    questions = draw_questions(bench.recipe, bench.share(SHARE), things=2, seed=SEED)
    ranked = bench.classifier.judge(paint_answers(bench, questions, "two things")).ranked_things()
    pairs = [
        (labels.things.index(question.plan.things[0].key), labels.things.index(question.plan.things[1].key))
        for question in questions
    ]
    other = [pairs[index] for index in shuffled_order(len(pairs), SEED)]
    one = [top_hits(ranked, [pair[side] for pair in pairs], 2) for side in (0, 1)]
    row = Measurement(
        id="two_present",
        label="two objects, both present",
        value=float(both_hits(ranked, pairs).mean()),
        count=len(questions),
        control=float(both_hits(ranked, other).mean()),
        control_label="prompts shuffled",
        note=f"at least one of the two: {float((one[0] | one[1]).mean()):.0%}",
    )
    return Outcome(measurements=(row,))


FIGURE = Figure(id="two", order=30, measure=measure)
