"""Does the picture show the thing, in the colour and on the background, that an unseen prompt names?"""

import numpy as np

from velatura_daemon.training.data.plans import NATURAL

from ..figure import Bench, Figure, Measurement, Outcome
from ..metrics import chance_limit, shuffled_order, top_hits
from ..questions import by_thing, draw_questions, paint_answers, wanted_things

SEED = 101
#: A wrong guess or two before the right one still means that something of the thing is there.
AMONG = 5


def measure(bench: Bench) -> Outcome:
    labels = bench.classifier.labels
    questions = draw_questions(bench.recipe, bench.pictures, seed=SEED)
    verdicts = bench.classifier.judge(paint_answers(bench, questions, "held-out prompts"))
    wanted, ranked = wanted_things(questions, labels), verdicts.ranked_things()
    other = [wanted[index] for index in shuffled_order(len(wanted), SEED)]
    first, among = top_hits(ranked, wanted, 1), top_hits(ranked, wanted, AMONG)
    count, chance = len(questions), 1 / len(bench.recipe.things)
    rows = [
        Measurement(
            id=f"object_top{number}",
            label=f"object right, top-{number}",
            value=float(hits.mean()),
            count=count,
            control=float(top_hits(ranked, other, number).mean()),
            control_label="prompts shuffled",
            control_limit=chance_limit(min(1.0, chance * number), count),
        )
        for number, hits in ((1, first), (AMONG, among))
    ]
    named = [index for index, question in enumerate(questions) if question.plan.things[0].variant != NATURAL]
    if named:
        asked = np.array([labels.colours.index(str(questions[index].plan.things[0].colour)) for index in named])
        right = verdicts.colours[named].argmax(axis=1) == asked
        shown = asked[shuffled_order(len(named), SEED)]
        rows.append(
            Measurement(
                id="colour",
                label="object colour right, where the prompt names one",
                value=float(right.mean()),
                count=len(named),
                control=float((verdicts.colours[named].argmax(axis=1) == shown).mean()),
                control_label="prompts shuffled",
                note=f"colour and object both right: {float((right & first[named]).mean()):.0%}",
            )
        )
    asked = np.array([labels.backgrounds.index(question.plan.background) for question in questions])
    seen = verdicts.backgrounds.argmax(axis=1)
    rows.append(
        Measurement(
            id="background",
            label="background right",
            value=float((seen == asked).mean()),
            count=count,
            control=float((seen == asked[shuffled_order(count, SEED)]).mean()),
            control_label="prompts shuffled",
            note=f"background and object both right: {float(((seen == asked) & first).mean()):.0%}",
        )
    )
    return Outcome(
        measurements=tuple(rows),
        details={"objects": by_thing(questions, verdicts, labels, {"top1": first, f"top{AMONG}": among})},
    )


FIGURE = Figure(id="prompts", order=10, measure=measure)
