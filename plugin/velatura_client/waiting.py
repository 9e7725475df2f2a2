"""Results that no document has taken: the editor ended while a job ran, or the picture was closed too early.

The daemon keeps them; here they are found, offered through ``Editor.show_waiting``, and inserted or discarded.
"""

from typing import Callable, Dict, Optional, Sequence, Set, Tuple

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo
from velatura_protocol.images import Rect
from velatura_protocol.messages import CANCELLED, FAILED, SUCCEEDED, Jobs, JobState, Preview, Result

from .background import BackgroundClient
from .editor import Document, Editor, Progress, WaitingResult
from .insertion import Finished, Insertion, inserted_text
from .spot import Spot
from .texts import error_text, tr

#: Errors after which there is no result to wait for any more.
_GONE = ("result_expired", "job_unknown")


class WaitingResults:
    """Everything here runs on the editor's thread; each method returns at once."""

    def __init__(self, *, editor: Editor, client: BackgroundClient, is_begun_here: Callable[[str], bool]) -> None:
        """``is_begun_here``: whether somebody else sees to the result of the job of this id."""
        self._editor = editor
        self._client = client
        self._is_begun_here = is_begun_here
        self._waiting: Tuple[WaitingResult, ...] = ()
        self._unfinished: Set[str] = set()
        self._deliveries: Dict[str, _Delivery] = {}
        self._has_looked = False

    def look(self) -> None:
        """Ask the daemon what waits. Without a daemon nothing is shown: nobody asked for anything."""
        self._client.jobs(self._take, _ignore)

    def look_once(self) -> None:
        """``look``, unless an answer has come before."""
        if not self._has_looked:
            self.look()

    def insert(self, job: str = "") -> None:
        """Put the result of ``job`` ("": the oldest that waits) above the active layer of the active document."""
        document = self._editor.active_document()
        if document is None:
            self._editor.show_error("", tr("No picture is open. Open or create one first."))
            return
        spot = Spot(document.active_layer())
        self._client.jobs(
            lambda jobs: self._insert_one_of(jobs, job, document, spot),
            lambda error: self._editor.show_error("", error_text(error)),
        )

    def hand_over(self, left: Sequence[WaitingResult] = ()) -> None:
        """Somebody else sees to some results now, or to those of ``left`` no more, which the daemon still has."""
        known = {result.job for result in self._waiting}
        offered = (*self._waiting, *(result for result in left if result.job not in known))
        self._show(tuple(result for result in offered if not self._is_begun_here(result.job)))

    def discard(self, job: str) -> None:
        """Nobody wants this result: the daemon may delete it."""
        delivery = self._deliveries.pop(job, None)
        if delivery is not None:
            delivery.cancel()
        self._settle(job)

    def cancel(self) -> None:
        """Insert nothing that is not in a document yet; it goes on waiting."""
        deliveries, self._deliveries = self._deliveries, {}
        for job, delivery in deliveries.items():
            delivery.cancel()
            self._editor.show_finished(job, tr("Cancelled. The picture goes on waiting."))

    def _take(self, jobs: Jobs) -> None:
        self._has_looked = True
        earlier = [state for state in jobs.jobs if not self._is_begun_here(state.job)]
        for state in earlier:
            if state.state in (FAILED, CANCELLED):
                self._client.forget(state.job)
            elif state.state != SUCCEEDED and state.job not in self._unfinished:
                self._unfinished.add(state.job)
                self._client.watch(state.job, _Unfinished(self, state.job))
        finished = [state for state in earlier if state.state == SUCCEEDED]
        self._show(tuple(WaitingResult(state.job, state.label) for state in finished))

    def _show(self, waiting: Tuple[WaitingResult, ...]) -> None:
        if waiting != self._waiting:
            self._waiting = waiting
            self._editor.show_waiting(waiting)

    def _insert_one_of(self, jobs: Jobs, wanted: str, document: Document, spot: Spot) -> None:
        self._take(jobs)
        ready = [result.job for result in self._waiting if result.job not in self._deliveries]
        job = next((job for job in ready if wanted in ("", job)), None)
        if job is not None:
            self._deliveries[job] = _Delivery(self, job, document, spot)
            self._editor.show_progress(Progress(job, tr("Fetching the picture")))
            self._client.watch(job, self._deliveries[job])
        elif not wanted:
            self._editor.show_finished("", tr("No finished picture is waiting."))
        elif wanted not in self._deliveries:
            self._editor.show_error("", tr("This picture is not waiting any more."))

    def _settle(self, job: str) -> None:
        self._client.forget(job)
        self._show(tuple(result for result in self._waiting if result.job != job))

    # --- what the listeners below tell ------------------------------------------------------------------------------

    def finished(self, job: str) -> None:
        """A job of an earlier run has its result."""
        self._unfinished.discard(job)
        self.look()

    def delivered(self, job: str, message: str) -> None:
        del self._deliveries[job]
        self._settle(job)
        self._editor.show_finished(job, message)

    def not_delivered(self, job: str, message: str, *, is_gone: bool) -> None:
        del self._deliveries[job]
        if is_gone:
            self._settle(job)
        self._editor.show_error(job, message)


class _Unfinished:
    """Listens to a job of an earlier run until it is over. Its pixels are fetched again when somebody wants them."""

    def __init__(self, waiting: WaitingResults, job: str) -> None:
        self._waiting = waiting
        self._job = job

    def on_state(self, state: JobState) -> None:
        pass

    def on_interrupted(self) -> None:
        pass

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        pass

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:  # noqa: ARG002
        self._waiting.finished(self._job)

    def on_error(self, error: ErrorInfo) -> None:
        pass


class _Delivery:
    """One result on its way from the daemon into a document."""

    def __init__(self, waiting: WaitingResults, job: str, document: Document, spot: Spot) -> None:
        self._waiting = waiting
        self._job = job
        self._document = document
        self._spot = spot
        self._insertion: Optional[Insertion] = None
        self._is_cancelled = False

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._insertion is not None:
            self._insertion.cancel()

    def on_state(self, state: JobState) -> None:
        pass

    def on_interrupted(self) -> None:
        pass

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        pass

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        if self._is_cancelled:
            return
        self._insertion = Insertion(
            document=self._document,
            spot=self._spot,
            finished=Finished(result, blobs),
            patches=result.patches,
            done=lambda names: self._waiting.delivered(self._job, self._sentence(result, names)),
            failed=lambda message: self._waiting.not_delivered(self._job, message, is_gone=False),
        )
        self._insertion.go_on()

    def on_error(self, error: ErrorInfo) -> None:
        if not self._is_cancelled:
            self._waiting.not_delivered(self._job, error_text(error), is_gone=error.code in _GONE)

    def _sentence(self, result: Result, names: Sequence[str]) -> str:
        sentence = inserted_text(names)
        request = result.request
        made_for = request.document or Rect(0, 0, request.canvas_width, request.canvas_height)
        if (made_for.width, made_for.height) == (self._document.width, self._document.height):
            return sentence
        size = f"{made_for.width} x {made_for.height}"
        return tr(
            "{sentence}. It was made for a picture of {size} pixels; move it to where it belongs.",
            sentence=sentence,
            size=size,
        )


def _ignore(_error: ErrorInfo) -> None:
    """Nothing was asked for, so nothing has failed."""
