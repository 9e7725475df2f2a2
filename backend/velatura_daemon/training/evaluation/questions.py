"""Prompts that no training picture answers, and how well pictures answer them."""

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.training.data.captions import full_prompt
from velatura_daemon.training.data.plans import ScenePlan, draw_plan
from velatura_daemon.training.data.recipe import Language, Recipe

from .classifier import Verdicts
from .examples import Labels
from .figure import STEPS, Bench, NotMeasurableError

#: Seed of the first picture; each further one has the next.
FIRST_SEED = 1000
#: Draws for each question before a recipe is taken to have no such scene.
MAXIMUM_TRIES = 1000


@dataclass(frozen=True, kw_only=True)
class Question:
    plan: ScenePlan
    prompt: str
    seed: int


def draw_questions(
    recipe: Recipe, count: int, *, language: Language = "en", things: int = 1, seed: int, plain: bool = False
) -> list[Question]:
    """Held-out compositions. ``plain``: only those on a plain background.

    Raises:
        VelaturaError, NotMeasurableError: the recipe leaves none.
    """
    draw = random.Random(seed)
    questions: list[Question] = []
    for _ in range(count * MAXIMUM_TRIES):
        plan = draw_plan(recipe, draw, held_out=True, things=things)
        if plain and plan.background not in recipe.backgrounds:
            continue
        prompt = full_prompt(plan, recipe, language)
        questions.append(Question(plan=plan, prompt=prompt, seed=FIRST_SEED + len(questions)))
        if len(questions) == count:
            return questions
    raise NotMeasurableError("The recipe leaves too few held-out scenes on plain backgrounds.")


def paint_answers(bench: Bench, questions: list[Question], name: str) -> list[NDArray[np.uint8]]:
    """A picture for each question, (height, width, 3) uint8."""
    pictures: list[NDArray[np.uint8]] = []
    for number, question in enumerate(questions, 1):
        bench.announce(f"{name}: {number} of {len(questions)}")
        pictures.append(bench.studio.paint(question.prompt, question.seed, steps=STEPS))
    return pictures


def wanted_things(questions: list[Question], labels: Labels) -> list[int]:
    """Index of the first thing of each question."""
    return [labels.things.index(question.plan.things[0].key) for question in questions]


def by_thing(questions: list[Question], verdicts: Verdicts, labels: Labels, hits: dict[str, Any]) -> dict[str, Any]:
    """For each thing that was asked for: how often, each of ``hits`` (n,) as a share, and what else was seen."""
    seen = [labels.things[index] for index in verdicts.things.argmax(axis=1)]
    asked = [question.plan.things[0].key for question in questions]
    table: dict[str, Any] = {}
    for key in sorted(set(asked)):
        rows = [index for index, one in enumerate(asked) if one == key]
        others = Counter(seen[index] for index in rows if seen[index] != key)
        shares = {name: round(float(np.mean(hit[rows])), 4) for name, hit in hits.items()}
        table[key] = {"asked": len(rows), **shares, "seen_instead": dict(others.most_common())}
    return table
