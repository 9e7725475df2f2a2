"""The outcome of an evaluation: as one JSON object, and as a table for the eye."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from .figure import Measurement, Outcome
from .floors import TRAINED_ON, Floor, control_holds
from .judge import Trust


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """``outcomes`` and ``reasons`` (why one was not measured) by id of the figure; ``seconds`` for each, and in all.

    Attributes:
        versions: what ``Engine.describe`` says: libraries, device, threads.
    """

    model: str
    folder: str
    recipe: str
    pictures: int
    trust: Trust
    outcomes: Mapping[str, Outcome]
    reasons: Mapping[str, str]
    seconds: Mapping[str, float]
    versions: Mapping[str, str]


def as_json(evaluation: Evaluation, floors: Mapping[str, Mapping[str, Floor]]) -> dict[str, Any]:
    figures = [
        _row_as_json(row, floors.get(row.id, {}), figure)
        for figure, outcome in evaluation.outcomes.items()
        for row in outcome.measurements
    ]
    return {
        "model": evaluation.model,
        "folder": evaluation.folder,
        "recipe": evaluation.recipe,
        "pictures": evaluation.pictures,
        "classifier": _rounded(asdict(evaluation.trust)),
        "figures": figures,
        "not_measured": dict(evaluation.reasons),
        "details": {figure: outcome.details for figure, outcome in evaluation.outcomes.items() if outcome.details},
        "versions": dict(evaluation.versions),
        "seconds": _rounded(dict(evaluation.seconds)),
    }


def print_table(evaluation: Evaluation, floors: Mapping[str, Mapping[str, Floor]], console: Console) -> None:
    table = Table(title=f"{evaluation.model}: {evaluation.pictures} held-out prompts of the recipe {evaluation.recipe}")
    table.add_column("figure")
    for heading in ("value", "control", "pictures", *(f"floor ({column})" for column in TRAINED_ON)):
        table.add_column(heading, justify="right")
    table.add_column("control is, note")
    for outcome in evaluation.outcomes.values():
        for row in outcome.measurements:
            columns = [_floor_text(row, floors.get(row.id, {}).get(column)) for column in TRAINED_ON]
            table.add_row(
                row.label, _text(row.value, row.unit), _control_text(row), str(row.count), *columns, _note(row)
            )
    console.print(table)
    for figure, reason in evaluation.reasons.items():
        console.print(f"Not measured: {figure}. {reason}", markup=False)
    trust = evaluation.trust
    console.print(
        f"The classifier names {trust.things:.1%} of the things, {trust.colours:.1%} of the colours and "
        f"{trust.backgrounds:.1%} of the backgrounds in held-out renders"
        + (f", both of two things in {trust.pairs:.1%}" if trust.pairs is not None else "")
        + f", and sees through {trust.nonsense:.1%} of pictures that show nothing."
    )


def _row_as_json(row: Measurement, floors: Mapping[str, Floor], figure: str) -> dict[str, Any]:
    asked = {column: {k: v for k, v in asdict(floor).items() if v is not None} for column, floor in floors.items()}
    return {
        "figure": figure,
        **_rounded(asdict(row)),
        "control_holds": control_holds(row),
        "floor": asked,
        "met": {column: floor.is_met(row) for column, floor in floors.items()},
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}


def _text(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "share" else f"{value:.2f} {unit}"


def _control_text(row: Measurement) -> str:
    if row.control is None:
        return ""
    warning = " [red](above chance)[/red]" if control_holds(row) is False else ""
    return _text(row.control, row.unit) + warning


def _floor_text(row: Measurement, floor: Floor | None) -> str:
    if floor is None:
        return ""
    bounds = [("≥ ", floor.at_least), ("≤ ", floor.at_most), ("control ≤ ", floor.control_at_most)]
    text = ", ".join(sign + _text(bound, row.unit) for sign, bound in bounds if bound is not None)
    return f"[green]{text} ✓[/green]" if floor.is_met(row) else f"[red]{text} ✗[/red]"


def _note(row: Measurement) -> str:
    return "; ".join(part for part in (row.control_label, row.note) if part)
