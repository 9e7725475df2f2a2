"""One evaluation from beginning to end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from velatura_daemon.diffusion.device import choose_placement
from velatura_daemon.models.discovery import discover
from velatura_daemon.training.data.recipe import read_recipe
from velatura_daemon.training.data.scenes import Composer
from velatura_daemon.training.data.sources import fetch_sources
from velatura_daemon.training.data.sprites import load_sprites
from velatura_protocol.errors import VelaturaError

from .figure import Bench, Figure, NotMeasurableError, Outcome
from .judge import prepare_judge
from .report import Evaluation
from .sheet import save_sheet
from .studio import open_studio

FIGURES = "velatura_daemon.training.evaluation.figures"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked for.

    Attributes:
        model: an id of the embedded library, or the path of a diffusers folder.
        recipe: name or path. sources: folder of the artwork. work: folder of what is kept for the next time.
        figures: ids; empty for all.
        sheet: where to draw samples, None for none.
    """

    model: str
    recipe: str
    sources: Path
    work: Path
    pictures: int
    figures: tuple[str, ...]
    sheet: Path | None


def evaluate(order: Order, announce: Callable[[str], None]) -> Evaluation:
    """Measures one figure after the other.

    Raises:
        VelaturaError: what was asked for cannot be done, or the classifier cannot be trusted.
    """
    figures = choose_figures(order.figures)
    if order.pictures < 2:
        raise VelaturaError("invalid_value", "--pictures must be 2 or more: one prompt cannot be shuffled.")
    recipe = read_recipe(order.recipe)
    studio = open_studio(order.model, order.work)
    fetch_sources(recipe.sources, order.sources, lambda *told: announce(" ".join(str(part) for part in told)))
    composer = Composer(recipe, load_sprites(recipe, order.sources))
    started = time.monotonic()
    device = choose_placement("auto").device
    judge, trust = prepare_judge(recipe, composer, order.work, device, announce)
    seconds = {"classifier": time.monotonic() - started}
    bench = Bench(
        studio=studio,
        recipe=recipe,
        composer=composer,
        classifier=judge,
        pictures=order.pictures,
        work=order.work,
        announce=announce,
    )
    outcomes: dict[str, Outcome] = {}
    reasons: dict[str, str] = {}
    for figure in figures:
        began = time.monotonic()
        try:
            outcomes[figure.id] = figure.measure(bench)
        except NotMeasurableError as reason:
            reasons[figure.id] = str(reason)
        seconds[figure.id] = time.monotonic() - began
    if order.sheet is not None:
        save_sheet(bench, order.sheet)
    return Evaluation(
        model=studio.model,
        folder=str(studio.folder),
        recipe=recipe.name,
        pictures=order.pictures,
        trust=trust,
        outcomes=outcomes,
        reasons=reasons,
        seconds={**seconds, "all": time.monotonic() - started},
        versions=studio.engine.describe(),
    )


def choose_figures(wanted: tuple[str, ...]) -> tuple[Figure, ...]:
    """Those named, or all, in the order of the table.

    Raises:
        VelaturaError: ``invalid_value`` naming the figures that there are.
    """
    every = sorted(discover(FIGURES, "FIGURE", Figure).values(), key=lambda figure: figure.order)
    ids = [figure.id for figure in every]
    for one in wanted:
        if one not in ids:
            raise VelaturaError("invalid_value", f"There is no figure {one!r}. Choose among: {', '.join(ids)}.")
    return tuple(figure for figure in every if not wanted or figure.id in wanted)
