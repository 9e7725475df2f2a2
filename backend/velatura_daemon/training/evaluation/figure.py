"""What a figure is. Each module of ``figures/`` defines one as FIGURE; no list has to be edited for a new one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from velatura_daemon.training.data.recipe import Recipe
from velatura_daemon.training.data.scenes import Composer

from .classifier import Classifier
from .studio import Studio

#: Denoising steps of every generated picture.
STEPS = 20


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a figure measures with.

    Attributes:
        pictures: how many prompts the main figure asks; the others take a share of it.
        work: folder for what lasts; each figure may keep a folder of its own id in it.
        announce: says one line about what is going on.
    """

    studio: Studio
    recipe: Recipe
    composer: Composer
    classifier: Classifier
    pictures: int
    work: Path
    announce: Callable[[str], None]

    def share(self, part: float) -> int:
        """That part of ``pictures``, at least two."""
        return max(2, round(self.pictures * part))


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row of the table.

    Attributes:
        id: finds its floors in ``floors.toml``.
        value: in ``unit``; shares are 0..1.
        control: the same, measured where the model should fail (or, for an upper bound, cannot fail).
        control_limit: what the control must stay below, None when it is there for comparison only.
        count: how many pictures stand behind it.
    """

    id: str
    label: str
    value: float
    count: int
    unit: str = "share"
    control: float | None = None
    control_label: str = ""
    control_limit: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``details`` goes into the JSON under the figure's id."""

    measurements: tuple[Measurement, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


class NotMeasurableError(Exception):
    """Something that the figure needs is not there; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """``order``: place in the table. ``measure`` raises ``NotMeasurableError`` or ``VelaturaError``."""

    id: str
    order: int
    measure: Callable[[Bench], Outcome]
