"""Pixels of the history that the daemon still has: fetched when somebody wants them."""

from typing import Callable, Dict, List, Sequence

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import CANCELLED, JobState, Preview, Result

from .background import BackgroundClient
from .editor import Editor, Progress
from .shelf import Job
from .texts import error_text, tr

#: Errors after which the daemon has no result any more.
_GONE = ("result_expired", "job_unknown")


class Fetches:
    """Those that are on their way. Everything here runs on the editor's thread."""

    def __init__(self, *, editor: Editor, client: BackgroundClient, came: Callable[[Job], None]) -> None:
        """``came``: told of each job whose pixels are in memory now, or known to be nowhere."""
        self._editor = editor
        self._client = client
        self._came = came
        self._on_the_way: Dict[str, _Fetch] = {}

    def fetch(self, made: Job, then: Callable[[], None]) -> None:
        """Call ``then`` when the pixels of ``made`` are in memory, or the daemon is known to have none."""
        self._editor.show_progress(Progress(made.job, tr("Fetching the picture")))
        fetch = self._on_the_way.get(made.job)
        if fetch is None:
            fetch = self._on_the_way[made.job] = _Fetch(self, made)
            self._client.watch(made.job, fetch)
        fetch.then.append(then)

    def ended(self, fetch: "_Fetch", sentence: str = "") -> None:
        """``sentence``: why the pixels could not be had now; "" = they have come, or never will."""
        made = fetch.made
        self._on_the_way.pop(made.job, None)
        if sentence:
            self._editor.show_error(made.job, sentence)
            return
        self._editor.show_finished(made.job, "")
        self._came(made)
        try:
            for then in fetch.then:
                then()
        except VelaturaError as error:
            self._editor.show_error(made.job, error_text(error.info))


class _Fetch:
    """Listens until the daemon has sent the pixels of a job again. ``then``: what waits for them."""

    def __init__(self, fetches: Fetches, made: Job) -> None:
        self.made = made
        self.then: List[Callable[[], None]] = []
        self._fetches = fetches

    def on_state(self, state: JobState) -> None:
        if state.state == CANCELLED:
            self._lose()

    def on_interrupted(self) -> None:
        pass

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        pass

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        self.made.take(result, blobs)
        self._fetches.ended(self)

    def on_error(self, error: ErrorInfo) -> None:
        if error.code in _GONE:
            self._lose()
        else:
            self._fetches.ended(self, error_text(error))

    def _lose(self) -> None:
        self.made.is_with_daemon = False
        self._fetches.ended(self)
