"""Does the model understand Chinese?"""

from ..figure import Bench, Figure, Measurement, Outcome
from ..metrics import chance_limit, shuffled_order, top_hits
from ..questions import by_thing, draw_questions, paint_answers, wanted_things

SEED = 102
SHARE = 0.5


def measure(bench: Bench) -> Outcome:
    labels = bench.classifier.labels
    questions = draw_questions(bench.recipe, bench.share(SHARE), language="zh", seed=SEED)
    verdicts = bench.classifier.judge(paint_answers(bench, questions, "Chinese prompts"))
    wanted, ranked = wanted_things(questions, labels), verdicts.ranked_things()
    other = [wanted[index] for index in shuffled_order(len(wanted), SEED)]
    hits = top_hits(ranked, wanted, 1)
    row = Measurement(
        id="chinese_top1",
        label="Chinese prompts, object right, top-1",
        value=float(hits.mean()),
        count=len(questions),
        control=float(top_hits(ranked, other, 1).mean()),
        control_label="prompts shuffled",
        control_limit=chance_limit(1 / len(bench.recipe.things), len(questions)),
    )
    return Outcome(measurements=(row,), details={"objects": by_thing(questions, verdicts, labels, {"top1": hits})})


FIGURE = Figure(id="chinese", order=20, measure=measure)
