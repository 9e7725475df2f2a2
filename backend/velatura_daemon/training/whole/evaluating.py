"""Measures a whole model one figure at a time, each a stage of its own, so that an interruption costs one figure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..evaluation.evaluate import Order, choose_figures, evaluate
from ..evaluation.floors import read_floors
from ..evaluation.report import as_json
from .stages import Stage

#: All figures in one, in the form of ``velatura train eval --json``.
REPORT = "evaluation.json"
SHEET = "samples.png"
_WORK = "evaluation"
#: Parts of a report that have an entry for each figure.
_BY_FIGURE = ("not_measured", "details", "seconds")


def evaluation_stages(
    *,
    model: Path,
    recipe: str,
    sources: Path,
    pictures: int,
    figures: tuple[str, ...],
    out: Path,
    say: Callable[[str], None],
) -> list[Stage]:
    """The last one joins the reports. ``figures``: ids; empty for all. Raises ``VelaturaError`` for unknown ones."""
    ids = [figure.id for figure in choose_figures(figures)]

    def report_of(figure: str) -> Path:
        return out / _WORK / f"{figure}.json"

    def measure(figure: str) -> bool:
        order = Order(
            model=str(model),
            recipe=recipe,
            sources=sources,
            work=out / _WORK,
            pictures=pictures,
            figures=(figure,),
            sheet=out / SHEET if figure == ids[0] else None,
        )
        _write(report_of(figure), as_json(evaluate(order, _parts(say)), read_floors()))
        return True

    def join() -> bool:
        _write(out / REPORT, joined([json.loads(report_of(one).read_text(encoding="utf-8")) for one in ids]))
        return True

    measuring = [Stage(f"figure {one}", {"pictures": pictures}, lambda one=one: measure(one)) for one in ids]
    return [*measuring, Stage("evaluation", {"figures": ids}, join)]


def joined(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """One report of those of single figures; what they have in common is that of the first."""
    whole = dict(reports[0])
    whole["figures"] = [row for report in reports for row in report["figures"]]
    for part in _BY_FIGURE:
        whole[part] = {key: value for report in reports for key, value in report.get(part, {}).items()}
    # the classifier was trained in the first, and each report has a sum of its own
    whole["seconds"]["classifier"] = reports[0]["seconds"]["classifier"]
    whole["seconds"]["all"] = round(sum(report["seconds"]["all"] for report in reports), 4)
    return whole


def _parts(say: Callable[[str], None]) -> Callable[[str], None]:
    """A line for each part of the work: what stands before a colon."""
    said: set[str] = set()

    def announce(line: str) -> None:
        part = line.partition(":")[0]
        if part not in said:
            said.add(part)
            say(f"  {part}")

    return announce


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
