"""What a person sees of a run: a bar with step, loss, speed and time left, on standard error; results elsewhere."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from .pictures import PictureFolder

EXIT_STOPPED = 130
#: So many pictures that were left out are listed; the rest is counted.
_PROBLEMS_LISTED = 10

#: Names of folders and files are no markup.
_console = Console(stderr=True, highlight=False, markup=False)


class RunConsole:
    """Implements ``loop.Reporter``; one bar for each thing that takes long, in turn."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=_console)
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> "RunConsole":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def progress(self, step: int, of: int, loss: float) -> None:
        self._advance("training", step, of, f"loss {loss:.4f}")

    def prepared(self, what: str, done: int, of: int) -> None:
        self._advance(what, done, of, "")

    def say(self, text: str) -> None:
        self._progress.console.print(text)

    def _advance(self, name: str, done: int, of: int, loss: str) -> None:
        if name not in self._bars:
            # of a resumed run, what was done before does not count for the speed
            self._bars[name] = self._progress.add_task(name, total=of, completed=done - 1, loss="", rate="")
        bar = self._bars[name]
        speed = self._progress.tasks[self._progress.task_ids.index(bar)].speed
        self._progress.update(bar, completed=done, loss=loss, rate=f"{speed:.1f}/s" if speed else "")


def say(text: str) -> None:
    """A line outside of any bar."""
    _console.print(text, markup=False)


def tell_problems(folder: PictureFolder) -> None:
    """What is left out of a data folder, and how much is not."""
    _console.print(f"{len(folder.pictures)} pictures in {folder.folder}")
    if not folder.problems:
        return
    _console.print(f"{len(folder.problems)} left out:")
    for problem in folder.problems[:_PROBLEMS_LISTED]:
        _console.print(f"  {problem.path}: {problem.reason}")
    if len(folder.problems) > _PROBLEMS_LISTED:
        _console.print(f"  and {len(folder.problems) - _PROBLEMS_LISTED} more")


def tell_result(result: dict[str, Any], out: Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _console.print(f"Written to {out}")
