"""Runs stages in their order; what is finished is noted on disk and not done again."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from velatura_protocol.errors import VelaturaError

from ..time_budget import OutOfTimeError, TimeBudget

NOTE = "finished.json"


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        asked: all that decides its result, JSON values.
        run: goes on where it was interrupted; True when finished, False when stopped before, its state kept.
    """

    name: str
    asked: Mapping[str, Any]
    run: Callable[[], bool]


def run_stages(stages: Sequence[Stage], folder: Path, budget: TimeBudget, say: Callable[[str], None]) -> bool:
    """True when all are finished, False when one was stopped by a signal or by the end of its time.

    Raises:
        VelaturaError: ``invalid_value`` when a finished stage was asked for something else; whatever a stage raises.
    """
    finished = read_finished(folder)
    for stage in stages:
        _refuse_another(stage, finished, folder)
    for stage in stages:
        if stage.name in finished:
            say(f"{stage.name}: finished before")
            continue
        say(f"{stage.name} ...")
        try:
            whole = not budget.is_spent and stage.run()
        except (OutOfTimeError, KeyboardInterrupt):  # while something was prepared
            whole = False
        if not whole:
            return False
        finished[stage.name] = dict(stage.asked)
        _write(folder / NOTE, finished)
    return True


def read_finished(folder: Path) -> dict[str, Any]:
    """What was asked of the finished stages, by their names."""
    note = folder / NOTE
    return json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}


def _refuse_another(stage: Stage, finished: Mapping[str, Any], folder: Path) -> None:
    before = finished.get(stage.name)
    if before is None:
        return
    asked: Any = json.loads(json.dumps(dict(stage.asked)))
    for key in sorted(asked.keys() | before.keys()):
        if asked.get(key) != before.get(key):
            raise VelaturaError(
                "invalid_value",
                f"{stage.name} in {folder} was finished with {key} = {before.get(key)!r}, and this asks for "
                f"{asked.get(key)!r}. Ask for the same, or choose another folder.",
            )


def _write(path: Path, content: Mapping[str, Any]) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)
