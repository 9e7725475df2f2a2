"""How far a job is, for the eye."""

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from velatura_client.progress import progress_of
from velatura_protocol.messages import JobState

from .output import console, harmless


class ProgressBar:
    """A line on standard error while the job runs; only text where that is no terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<32}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task("Connecting", total=None)

    def __enter__(self) -> "ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *_ended: object) -> None:
        self._progress.stop()

    def show(self, state: JobState) -> None:
        progress = progress_of(state)
        total = None if progress.fraction is None else 1.0
        self._progress.update(
            self._task, description=harmless(progress.text), completed=progress.fraction or 0.0, total=total
        )
