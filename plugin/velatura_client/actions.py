"""What a menu action does, for any editor: plan, read the region, submit, and put the result in as a layer.

Everything here runs on the editor's thread, in the callbacks that the background client delivers.
"""

import dataclasses
from typing import Dict, Optional, Sequence

from velatura_protocol.catalogue import ModelDescription
from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import CANCELLED, Catalogue, JobState, Plan, Planned, Preview, Result

from .background import BackgroundClient, new_job_id
from .choices import REFINE_STRENGTH, Choices, ControlChoice, choose_model, compose_request
from .editor import Document, Editor, Pixels, Progress
from .insertion import Insertion
from .progress import progress_of
from .waiting import WaitingResults

__all__ = ["Actions", "Choices", "ControlChoice"]

_CLOSED = "The picture was closed before its layer was ready."


class Actions:
    """The menu. Each method returns at once; what happens is shown through ``Editor.show_*``.

    Attributes:
        waiting: results of earlier jobs that no document has taken.
    """

    def __init__(self, *, editor: Editor, client: BackgroundClient) -> None:
        self._editor = editor
        self._client = client
        self._running: Dict[str, _Run] = {}
        self.waiting = WaitingResults(editor=editor, client=client, is_begun_here=lambda job: job in self._running)

    def generate(self, choices: Choices) -> None:
        """Text to image, over the selection's bounds or the whole canvas (``txt2img``)."""
        self._begin("txt2img", choices)

    def refine(self, choices: Choices) -> None:
        """The active layer again, changed by ``strength``: inside the selection, else all of it (``img2img``)."""
        if choices.strength is None:
            choices = dataclasses.replace(choices, strength=REFINE_STRENGTH)
        self._begin("img2img", choices, task_with_selection="inpaint", from_layer=True)

    def fill(self, choices: Choices) -> None:
        """Repaint the selection so that it suits its surroundings (``inpaint``)."""
        self._begin("inpaint", choices)

    def cancel(self) -> None:
        """Cancel every job that was begun here and is not over."""
        for run in list(self._running.values()):
            run.cancel()
        self.waiting.cancel()

    def _begin(self, task: str, choices: Choices, *, task_with_selection: str = "", from_layer: bool = False) -> None:
        document = self._editor.active_document()
        if document is None:
            self._editor.show_error("", "No picture is open. Open or create one first.")
            return
        self.waiting.look_once()
        job = new_job_id()
        run = _Run(self._editor, self._client, document, job, choices, from_layer, self._running, self.waiting)
        self._running[job] = run
        run.begin(task, task_with_selection or task)


class _Run:
    """One job from the menu to the layer; the listener of its own job."""

    def __init__(
        self,
        editor: Editor,
        client: BackgroundClient,
        document: Document,
        job: str,
        choices: Choices,
        from_layer: bool,
        running: "Dict[str, _Run]",
        waiting: WaitingResults,
    ) -> None:
        self._editor = editor
        self._client = client
        self._document = document
        self._job = job
        self._choices = choices
        self._from_layer = from_layer
        self._running = running
        self._waiting = waiting
        self._submitted = False
        self._region: Optional[Rect] = None
        self._insertion: Optional[Insertion] = None
        self._layer = document.active_layer()

    def begin(self, task: str, task_with_selection: str) -> None:
        self._editor.show_progress(Progress(self._job, "Connecting"))
        # the selection is read after this answer: the daemon may have had to start first, and people go on working
        self._client.catalogue(
            lambda catalogue: self._with_catalogue(catalogue, task, task_with_selection), self.on_error
        )

    def cancel(self) -> None:
        if self._insertion is not None:
            self._insertion.cancel()
            self._client.forget(self._job)
            self._finish("Cancelled.")
        elif self._submitted:
            self._client.cancel(self._job)
        else:
            self._finish("Cancelled.")

    def on_state(self, state: JobState) -> None:
        if self._over():
            return
        if state.state == CANCELLED:
            self._finish("Cancelled." if self._document.is_open() else _CLOSED)
        elif not self._document.is_open():
            self._client.cancel(self._job)
        else:
            self._editor.show_progress(progress_of(state))

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        if not self._over() and self._region is not None and self._document.is_open():
            image = preview.image
            self._editor.show_preview(
                self._job, Pixels(pixels, image.width, image.height, image.channels), self._region
            )

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        if self._over():
            return
        self._insertion = Insertion(
            document=self._document,
            above=self._layer,
            result=result,
            blobs=blobs,
            done=self._on_inserted,
            failed=self._on_not_inserted,
        )
        self._insertion.go_on()
        if not self._insertion.is_over:
            self._editor.show_progress(Progress(self._job, "Finished, waits for the end of your stroke", 1.0))

    def on_error(self, error: ErrorInfo) -> None:
        if not self._over():
            del self._running[self._job]
            self._editor.show_error(self._job, error.message)

    def _on_inserted(self, names: Sequence[str]) -> None:
        self._client.forget(self._job)
        self._finish("New layer: " + ", ".join(names))

    def _on_not_inserted(self, message: str) -> None:
        if self._document.is_open():
            self.on_error(ErrorInfo("internal", message))
        else:
            self._finish(message)
        self._waiting.look()

    def _with_catalogue(self, catalogue: Catalogue, task: str, task_with_selection: str) -> None:
        if self._stopped_before_submit():
            return
        try:
            selection = self._document.selection_bounds()
            if task == "inpaint" and selection is None:
                raise VelaturaError(
                    "empty_selection", "Nothing is selected. Select the part of the picture to repaint."
                )
            if selection is not None:
                task = task_with_selection
            model = choose_model(self._choices.model, task, catalogue)
            plan = Plan(
                task=task,
                model=model.id,
                canvas_width=self._document.width,
                canvas_height=self._document.height,
                selection=selection,
                inpaint=self._choices.inpaint,
            )
        except VelaturaError as error:
            self.on_error(error.info)
            return
        self._client.plan(plan, lambda planned: self._with_plan(planned, task, model, catalogue), self.on_error)

    def _with_plan(self, planned: Planned, task: str, model: ModelDescription, catalogue: Catalogue) -> None:
        if self._stopped_before_submit():
            return
        if self._from_layer:
            self._layer = self._document.active_layer()  # the one that is read now
        try:
            request, blobs = compose_request(
                task=task,
                choices=self._choices,
                catalogue=catalogue,
                model=model,
                planned=planned,
                document=self._document,
                from_layer=self._from_layer,
            )
        except VelaturaError as error:
            self.on_error(error.info)
            return
        self._region = request.region
        self._submitted = True
        self._client.submit(request, blobs, self, job=self._job)

    def _stopped_before_submit(self) -> bool:
        if not self._over() and not self._document.is_open():
            self._finish(_CLOSED)
        return self._over()

    def _over(self) -> bool:
        return self._job not in self._running

    def _finish(self, message: str) -> None:
        if not self._over():
            del self._running[self._job]
            self._editor.show_finished(self._job, message)
