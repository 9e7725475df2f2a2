"""One job from the menu to the layer: plan, read the region, submit, follow, and put the result in."""

import time
from dataclasses import dataclass, replace
from typing import Callable, Dict, Optional, Sequence

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import CANCELLED, Catalogue, JobState, Plan, Planned, Preview, Result
from velatura_protocol.request import GenerationRequest

from .background import BackgroundClient
from .choices import MAP_TASK, Choices, choose_model, compose_map_request, compose_request
from .editor import Document, Editor, Pixels, Progress, QueuedJob
from .frame import Frame, canvas_frame, frame_around
from .history import History
from .insertion import Finished, Insertion, closed_text, inserted_text
from .packing import Inputs
from .progress import progress_of
from .recipe import layer_name
from .texts import error_text, tr, tr_daemon
from .waiting import WaitingResults


@dataclass(frozen=True)
class Order:
    """What a person asked for, before model and region are known.

    Attributes:
        task: without a selection; "" = it needs one.
        task_with_selection: with one.
        from_layer: the canvas is the active layer alone.
        extends: the selection may reach beyond the document.
        map_kind: kind of control to make a map for, with the task ``control_map``.
    """

    task: str
    task_with_selection: str
    choices: Choices
    from_layer: bool = False
    extends: bool = False
    map_kind: str = ""


@dataclass(frozen=True)
class Ready:
    """A request that is complete.

    Attributes:
        name: of the layers, "" = after the prompt.
        note: a sentence to add when it is finished.
    """

    request: GenerationRequest
    inputs: Inputs
    name: str = ""
    note: str = ""
    insert_at_once: bool = True


@dataclass(frozen=True)
class Workshop:
    """What the runs of one editor share.

    Attributes:
        running: the jobs that are not over, in the order of their beginning.
        keep_failed: told of a job that failed after it was complete, so that it can be repeated.
    """

    editor: Editor
    client: BackgroundClient
    history: History
    waiting: WaitingResults
    running: "Dict[str, Run]"
    keep_failed: Callable[[Document, Ready], None]

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
        self._layer = document.active_layer()
        self._ready: Optional[Ready] = None
        self._insertion: Optional[Insertion] = None
        self._closed_since: Optional[float] = None
        self.queued = QueuedJob(job, "", tr("Connecting"))
        workshop.running[job] = self

    def begin(self, order: Order) -> str:
        """Returns the job's id."""
        self.queued = replace(self.queued, label=order.choices.prompt and layer_name(order.choices.prompt, 0))
        self._show(Progress(self._job, tr("Connecting")))
        # the selection is read after this answer: the daemon may have had to start first, and people go on working
        self._client.catalogue(lambda catalogue: self._with_catalogue(catalogue, order), self.on_error)
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
        place = Rect(region.x + x, region.y + y, region.width, region.height)
        picture = Pixels(pixels, image.width, image.height, image.channels)
        self._editor.show_preview(self._job, self._document, picture, place)

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        ready = self._ready
        if self._is_over or ready is None:
            return
        finished = Finished(result, blobs, ready.inputs, ready.name)
        if not ready.insert_at_once:
            self._keep_for_later(finished, ready)
            return
        self._insertion = Insertion(
            document=self._document,
            above=self._layer,
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
        if self._ready is not None:
            self._workshop.keep_failed(self._document, self._ready)
        self._end()
        self._editor.show_error(self._job, error_text(error))

    # --- from what was asked for to a request -----------------------------------------------------------------------

    def _with_catalogue(self, catalogue: Catalogue, order: Order) -> None:
        if self._stopped_before_submit():
            return
        try:
            selection = self._document.selection_bounds()
            if selection is None and not order.task:
                raise VelaturaError(
                    "empty_selection", tr("Nothing is selected. Select the part of the picture to repaint.")
                )
            task = order.task if selection is None else order.task_with_selection
            extends = order.extends and selection is not None
            frame = frame_around(self._document, selection) if extends and selection else canvas_frame(self._document)
            model = _model_for(task, order, catalogue)
            plan = Plan(
                task=task,
                model=model,
                canvas_width=frame.width,
                canvas_height=frame.height,
                selection=None if selection is None else frame.from_document(selection),
                inpaint=order.choices.inpaint,
            )
        except VelaturaError as error:
            self.on_error(error.info)
            return
        self._client.plan(plan, lambda planned: self._with_plan(planned, plan, frame, catalogue, order), self.on_error)

    def _with_plan(self, planned: Planned, plan: Plan, frame: Frame, catalogue: Catalogue, order: Order) -> None:
        if self._stopped_before_submit():
            return
        if order.from_layer:
            self._layer = self._document.active_layer()  # the one that is read now
        name = ""
        try:
            if plan.task == MAP_TASK:
                request, blobs = compose_map_request(
                    kind=order.map_kind, model=plan.model, planned=planned, document=frame
                )
                name = tr("{kind} map", kind=_label_of_control(order.map_kind, catalogue))
            else:
                request, blobs = compose_request(
                    task=plan.task,
                    choices=order.choices,
                    catalogue=catalogue,
                    model=choose_model(plan.model, plan.task, catalogue),
                    planned=planned,
                    document=frame,
                    from_layer=order.from_layer,
                )
        except VelaturaError as error:
            self.on_error(error.info)
            return
        at_once = order.choices.insert_at_once or plan.task == MAP_TASK
        inputs = Inputs(blobs, is_kept=order.choices.keep_inputs)
        self._submit(Ready(request, inputs, name, insert_at_once=at_once), blobs)

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
            self._editor.show_error(self._job, error_text(error.info))
            return
        self._editor.show_finished(self._job, _sentences(tr("Finished. Apply it to make it a layer."), ready.note))

    def _on_inserted(self, finished: Finished, ready: Ready, names: Sequence[str]) -> None:
        self._client.forget(self._job)
        if ready.request.task != MAP_TASK:
            self._note_in_history(finished, ready, is_applied=True)
        self._finish(_sentences(inserted_text(names), ready.note))

    def _on_not_inserted(self, message: str) -> None:
        if self._document.is_open():
            self._end()
            self._editor.show_error(self._job, message)
        else:
            self._finish(message)
        self._workshop.waiting.look()

    def _note_in_history(self, finished: Finished, ready: Ready, *, is_applied: bool) -> None:
        self._workshop.history.add(
            job=self._job,
            document=self._document,
            above=self._layer,
            finished=finished,
            inputs=ready.inputs,
            is_applied=is_applied,
            layers=() if self._insertion is None else self._insertion.keys,
        )

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


def _model_for(task: str, order: Order, catalogue: Catalogue) -> str:
    if task != MAP_TASK:
        return choose_model(order.choices.model, task, catalogue).id
    control = next((known for known in catalogue.controls if known.id == order.map_kind), None)
    if control is not None and control.prepare_problem:
        raise VelaturaError("unknown_control", tr_daemon(control.prepare_problem))
    return ""


def _label_of_control(kind: str, catalogue: Catalogue) -> str:
    return next((tr_daemon(control.label) for control in catalogue.controls if control.id == kind), kind)


def _closed() -> str:
    return tr("The picture was closed before its layer was ready.")


def _sentences(first: str, second: str) -> str:
    return tr("{first}. {second}", first=first.rstrip("."), second=second) if second else first
