"""One job from the menu to the layer: ordered, submitted, followed, and its result put in."""

import time
from dataclasses import dataclass, replace
from typing import Callable, Dict, Optional, Sequence, Union

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import CANCELLED, Catalogue, JobState, Preview, Result

from .background import BackgroundClient
from .editor import Document, Editor, Pixels, Progress, QueuedJob
from .history import History
from .insertion import Finished, Insertion, closed_text, inserted_text
from .order import Order, Ordering, Ready
from .progress import progress_of
from .recipe import layer_name
from .spot import PlaceInNow
from .texts import error_text, tr
from .waiting import WaitingResults


@dataclass(frozen=True)
class Workshop:
    """What the runs of one editor share.

    Attributes:
        running: the jobs that are not over, in the order of their beginning.
        keep_failed: told the job that failed last and what it is repeated from: what was submitted, else what was asked
            for. None: it failed in a way that nothing has to be painted for once more.
        learn: told each catalogue that was fetched for a job.
    """

    editor: Editor
    client: BackgroundClient
    history: History
    waiting: WaitingResults
    running: "Dict[str, Run]"
    keep_failed: "Callable[[Document, str, Union[Ready, Order, None]], None]"
    learn: Callable[[Catalogue], None]

    def tell_queue(self) -> None:
        self.editor.show_queue(tuple(run.queued for run in self.running.values()))


class Run:
    """The listener of its own job."""

    def __init__(self, workshop: Workshop, document: Document, job: str) -> None:
        self._workshop = workshop
        self._editor = workshop.editor
        self._client = workshop.client
        self._document = document
        self._job = job
        self._order: Optional[Order] = None
        self._ready: Optional[Ready] = None
        self._insertion: Optional[Insertion] = None
        self._place: Optional[PlaceInNow] = None
        self._closed_since: Optional[float] = None
        self.queued = QueuedJob(job, "", tr("Connecting"))
        workshop.running[job] = self

    def begin(self, order: Order) -> str:
        """Returns the job's id."""
        self._order = order
        self.queued = replace(self.queued, label=order.choices.prompt and layer_name(order.choices.prompt, 0))
        self._show(Progress(self._job, tr("Connecting")))
        Ordering(
            client=self._client,
            document=self._document,
            order=order,
            is_wanted=lambda: not self._stopped_before_submit(),
            learn=self._workshop.learn,
            done=lambda ready: self._submit(ready, ready.inputs.blobs()),
            failed=self.on_error,
        ).begin()
        return self._job

    def begin_ready(self, ready: Ready) -> str:
        """Submit what is complete already. Returns the job's id."""
        self.queued = replace(self.queued, label=layer_name(ready.request.prompt, ready.request.seed))
        self._show(Progress(self._job, tr("Connecting")))
        self._submit(ready, ready.inputs.blobs())
        return self._job

    def cancel(self) -> None:
        if self._insertion is not None:
            self._insertion.cancel()
            self._client.forget(self._job)
            self._finish(tr("Cancelled."))
        elif self._ready is not None:
            self._client.cancel(self._job)
        else:
            self._finish(tr("Cancelled."))

    # --- what the client tells of the job ---------------------------------------------------------------------------

    def on_state(self, state: JobState) -> None:
        if self._is_over:
            return
        if state.state == CANCELLED:
            self._finish(tr("Cancelled.") if self._document.is_open() else _closed())
        elif not self._document.is_open():
            self._cancel_unless_quitting()
        else:
            self._show(progress_of(state))

    def on_interrupted(self) -> None:
        if not self._is_over:
            self._show(Progress(self._job, tr("The daemon has ended. Starting it again; the job goes on there.")))

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        if self._is_over or self._ready is None or not self._document.is_open():
            return
        image, region, (x, y) = preview.image, self._ready.request.region, self._ready.request.offset
        if self._place is None:
            self._place = PlaceInNow(self._ready.spot, Rect(region.x + x, region.y + y, region.width, region.height))
        place = self._place.find(self._document)
        if place is not None:
            picture = Pixels(pixels, image.width, image.height, image.channels)
            self._editor.show_preview(self._job, self._document, picture, place)

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        ready = self._ready
        if self._is_over or ready is None:
            return
        finished = Finished(result, blobs, ready.inputs, ready.name, is_visible=not ready.map_kind)
        if not ready.insert_at_once:
            self._keep_for_later(finished, ready)
            return
        self._insertion = Insertion(
            document=self._document,
            spot=ready.spot,
            finished=finished,
            patches=result.patches,
            done=lambda names: self._on_inserted(finished, ready, names),
            failed=self._on_not_inserted,
        )
        self._insertion.go_on()
        if not self._insertion.is_over:
            self._show(Progress(self._job, tr("Finished, waits for the end of your stroke"), 1.0))

    def on_error(self, error: ErrorInfo) -> None:
        if self._is_over:
            return
        self._keep_failed(self._ready or self._order)
        self._end()
        self._editor.show_error(self._job, error_text(error))

    def _submit(self, ready: Ready, blobs: Sequence[Buffer]) -> None:
        self._ready = ready
        self._client.submit(ready.request, blobs, self, job=self._job)

    # --- from the result to the layer -------------------------------------------------------------------------------

    def _keep_for_later(self, finished: Finished, ready: Ready) -> None:
        """The daemon keeps it too, until the person has decided."""
        if not self._document.is_open():
            self._on_not_inserted(closed_text())
            return
        self._end()
        try:
            self._note_in_history(finished, ready, is_applied=False)
            self._workshop.history.show_job(self._job)
        except VelaturaError as error:
            self._keep_failed(None)
            self._editor.show_error(self._job, error_text(error.info))
            return
        self._editor.show_finished(self._job, _sentences(tr("Finished. Apply it to make it a layer."), ready.note))

    def _on_inserted(self, finished: Finished, ready: Ready, names: Sequence[str]) -> None:
        self._client.forget(self._job)
        if ready.map_kind:
            insertion = self._insertion
            self._editor.show_map(ready.map_kind, insertion.keys[0] if insertion is not None else "")
        else:
            self._note_in_history(finished, ready, is_applied=True)
        self._finish(_sentences(inserted_text(names), ready.note))

    def _on_not_inserted(self, message: str) -> None:
        if self._document.is_open():
            self._keep_failed(None)  # the picture is painted, and waits
            self._end()
            self._editor.show_error(self._job, message)
        else:
            self._finish(message)
        self._workshop.waiting.look()

    def _note_in_history(self, finished: Finished, ready: Ready, *, is_applied: bool) -> None:
        self._workshop.history.add(
            job=self._job,
            document=self._document,
            spot=ready.spot,
            finished=finished,
            inputs=ready.inputs,
            is_applied=is_applied,
            layers=() if self._insertion is None else self._insertion.keys,
        )

    def _keep_failed(self, what: Union[Ready, Order, None]) -> None:
        self._workshop.keep_failed(self._document, self._job, what)

    # --- how it stands ----------------------------------------------------------------------------------------------

    @property
    def _is_over(self) -> bool:
        return self._job not in self._workshop.running

    def _cancel_unless_quitting(self) -> None:
        """The document is closed. An editor that quits closes its documents first, and then the job shall go on."""
        now = time.monotonic()
        if self._closed_since is None:
            self._closed_since = now
        if now - self._closed_since >= self._editor.quitting_s:
            self._client.cancel(self._job)

    def _stopped_before_submit(self) -> bool:
        if not self._is_over and not self._document.is_open():
            self._finish(_closed())
        return self._is_over

    def _show(self, progress: Progress) -> None:
        self.queued = replace(self.queued, text=progress.text, fraction=progress.fraction)
        self._editor.show_progress(progress)
        self._workshop.tell_queue()

    def _finish(self, message: str) -> None:
        if not self._is_over:
            self._end()
            self._editor.show_finished(self._job, message)

    def _end(self) -> None:
        del self._workshop.running[self._job]
        self._workshop.tell_queue()


def _closed() -> str:
    return tr("The picture was closed before its layer was ready.")


def _sentences(first: str, second: str) -> str:
    return tr("{first}. {second}", first=first.rstrip("."), second=second) if second else first
