"""The classifier of a recipe: trained once, kept, and checked before anybody listens to it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.training import data
from velatura_daemon.training.data.recipe import Recipe
from velatura_daemon.training.data.scenes import Composer
from velatura_protocol.errors import VelaturaError

from . import classifier as classifier_module
from . import distortions, examples, nonsense
from .classifier import Classifier, load_classifier, train_classifier
from .examples import UNKNOWN, Illustrator

#: Renders to learn from, for each thing: each is shown many times, and differently every time.
EXAMPLES_PER_THING = 150
CHECKED_RENDERS = 600
CHECKED_PAIRS = 200
CHECKED_NONSENSE = 200
#: Below this share right on renders it never saw, its verdicts on painted pictures mean nothing.
TRUSTED_FROM = 0.97
#: Seeds of what it learns from and of what it is checked on.
LEARNING_SEED, SINGLE_SEED, PAIR_SEED, NONSENSE_SEED = 11, 12, 13, 14


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Shares right: of things, colours, backgrounds and pairs in held-out renders, and of nonsense seen as such."""

    things: float
    colours: float
    backgrounds: float
    pairs: float | None
    nonsense: float


def prepare_judge(
    recipe: Recipe, composer: Composer, work: Path, device: str, announce: Callable[[str], None]
) -> tuple[Classifier, Trust]:
    """From the folder ``work`` when it is there, else trained (minutes) and put there.

    Raises:
        VelaturaError: ``invalid_value`` when it is not good enough at renders to be asked about anything else.
    """
    illustrator = Illustrator(recipe, composer)
    labels = illustrator.labels
    path = work / "classifier" / f"{recipe.name}-{_version(recipe)}.safetensors"
    if path.is_file():
        judge = load_classifier(path, labels, illustrator.side, device)
    else:
        announce("classifier: composing pictures")
        lessons = illustrator.lessons(EXAMPLES_PER_THING * len(labels.things), LEARNING_SEED)
        judge = train_classifier(
            lessons, labels, device, lambda done, of: announce(f"classifier: training, step {done} of {of}")
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        judge.save(path)
    announce("classifier: checking it on held-out renders")
    trust = check(judge, illustrator)
    refuse_untrusted(trust)
    return judge, trust


def check(judge: Classifier, illustrator: Illustrator) -> Trust:
    single = illustrator.held_out(CHECKED_RENDERS, SINGLE_SEED)
    verdicts = judge.judge(list(single.pictures))
    coloured = single.colours != UNKNOWN
    blank = judge.judge(list(illustrator.nonsense(CHECKED_NONSENSE, NONSENSE_SEED).pictures))
    return Trust(
        things=_share(verdicts.things.argmax(1) == single.things),
        colours=_share((verdicts.colours.argmax(1) == single.colours)[coloured]),
        backgrounds=_share(verdicts.backgrounds.argmax(1) == single.backgrounds),
        pairs=_check_pairs(judge, illustrator),
        nonsense=_share(blank.things.argmax(1) == judge.labels.nothing),
    )


def refuse_untrusted(trust: Trust) -> None:
    """Raises ``VelaturaError`` ``invalid_value``."""
    poor = {
        name: share
        for name, share in (("thing", trust.things), ("colour", trust.colours), ("background", trust.backgrounds))
        if share < TRUSTED_FROM
    }
    if poor:
        shares = ", ".join(f"the {name} in {share:.1%}" for name, share in poor.items())
        raise VelaturaError(
            "invalid_value",
            f"The classifier names {shares} of held-out renders, and below {TRUSTED_FROM:.0%} its verdicts on painted "
            "pictures would mean nothing. Take things or colours that look alike out of the recipe.",
        )


def _check_pairs(judge: Classifier, illustrator: Illustrator) -> float | None:
    """None when the recipe leaves no pair to hold out."""
    if len(illustrator.labels.things) < 3:
        return None
    try:
        sides = illustrator.held_out_pairs(CHECKED_PAIRS, PAIR_SEED)
    except VelaturaError:
        return None
    hits = [judge.judge(list(side.pictures)).things.argmax(1) == side.things for side in sides]
    return _share(hits[0] & hits[1])


def _version(recipe: Recipe) -> str:
    """Changes with the recipe and with every line of code that has a say in what the classifier learns."""
    content = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True, default=str).encode())
    code = [Path(str(module.__file__)) for module in (classifier_module, distortions, examples, nonsense)]
    composing = sorted(Path(str(data.__file__)).parent.glob("*.py"))
    for path in (Path(__file__), *code, *composing):
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else 1.0
