"""From what a person asked for to a request that is complete: catalogue, plan, then the document's pixels."""

from dataclasses import dataclass
from typing import Callable

from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import Catalogue, Plan, Planned
from velatura_protocol.request import GenerationRequest

from .background import BackgroundClient
from .choices import MAP_TASK, Choices, choose_model, compose_map_request, compose_request, inserts_at_once
from .editor import Document
from .frame import Frame, canvas_frame, frame_around
from .layer_notes import untouched_results
from .packing import Inputs
from .selection import deciding_bounds
from .spot import Spot, selection_mark, spot_now
from .texts import tr, tr_daemon


@dataclass(frozen=True)
class Order:
    """What a person asked for, before model and region are known.

    Attributes:
        task: without a selection; "" = it needs one.
        task_with_selection: with one.
        layer: key of the layer that alone is the canvas; "" = all that is seen.
        extends: the selection may reach beyond the document.
        replaces: nothing of what is selected has to remain; earlier results for the same selection are not looked at.
        map_kind: kind of control to make a map for, with the task ``control_map``.
    """

    task: str
    task_with_selection: str
    choices: Choices
    layer: str = ""
    extends: bool = False
    replaces: bool = False
    map_kind: str = ""


@dataclass(frozen=True)
class Ready:
    """A request that is complete.

    Attributes:
        spot: where its result belongs.
        name: of the layers, "" = after the prompt.
        note: a sentence to add when it is finished.
        map_kind: the result is a map for this kind of control; "" = a picture.
    """

    request: GenerationRequest
    inputs: Inputs
    spot: Spot
    name: str = ""
    note: str = ""
    insert_at_once: bool = True
    map_kind: str = ""


class Ordering:
    """Calls ``done`` with what can be submitted, or ``failed`` with the reason, on the editor's thread."""

    def __init__(
        self,
        *,
        client: BackgroundClient,
        document: Document,
        order: Order,
        is_wanted: Callable[[], bool],
        learn: Callable[[Catalogue], None],
        done: Callable[[Ready], None],
        failed: Callable[[ErrorInfo], None],
    ) -> None:
        """``is_wanted``: asked again before each step. ``learn``: told the catalogue, which is fetched anyway."""
        self._client = client
        self._document = document
        self._order = order
        #: What the person works on now; by the time that the daemon has answered it may be another.
        self._layer = order.layer or document.active_layer()
        self._is_wanted = is_wanted
        self._learn = learn
        self._done = done
        self._failed = failed

    def begin(self) -> None:
        # the selection is read after this answer: the daemon may have had to start first, and people go on working
        self._client.catalogue(lambda catalogue: self._attempt(lambda: self._plan(catalogue)), self._failed)

    def _attempt(self, step: Callable[[], None]) -> None:
        if not self._is_wanted():
            return
        try:
            step()
        except VelaturaError as error:
            self._failed(error.info)

    def _plan(self, catalogue: Catalogue) -> None:
        self._learn(catalogue)
        order, document = self._order, self._document
        selection = document.selection_bounds()
        if selection is None and not order.task:
            raise VelaturaError(
                "empty_selection", tr("Nothing is selected. Select the part of the picture to repaint.")
            )
        if selection is not None:
            selection = deciding_bounds(document, selection)
        task = order.task if selection is None else order.task_with_selection
        frame = frame_around(document, selection) if order.extends and selection else canvas_frame(document)
        plan = Plan(
            task=task,
            model=_model_for(task, order, catalogue),
            canvas_width=frame.width,
            canvas_height=frame.height,
            selection=None if selection is None else frame.from_document(selection),
            inpaint=order.choices.inpaint,
        )

        def read(planned: Planned) -> None:
            self._attempt(lambda: self._read_when_free(planned, plan, frame, catalogue))

        self._client.plan(plan, read, self._failed)

    def _read_when_free(self, planned: Planned, plan: Plan, frame: Frame, catalogue: Catalogue) -> None:
        selection = self._document.selection_bounds() if self._order.replaces else None
        mark = "" if selection is None else selection_mark(self._document, selection)
        frame.without = untouched_results(self._document, mark) if mark else ()
        if not frame.without:
            self._read(planned, plan, frame, catalogue, mark)
            return
        # what is seen without them is composed in a copy, which must not be made during a brush stroke
        self._document.when_free(lambda: self._attempt(lambda: self._read(planned, plan, frame, catalogue, mark)))

    def _read(self, planned: Planned, plan: Plan, frame: Frame, catalogue: Catalogue, mark: str) -> None:
        order = self._order
        spot = spot_now(self._document, layer=self._layer, shall_be_seen=not order.layer, selection=mark)
        if plan.task == MAP_TASK:
            request, blobs = compose_map_request(kind=order.map_kind, model=plan.model, planned=planned, document=frame)
            name = tr("{kind} map", kind=_label_of_control(order.map_kind, catalogue))
            self._done(Ready(request, Inputs(blobs), spot, name, map_kind=order.map_kind))
            return
        request, blobs = compose_request(
            task=plan.task,
            choices=order.choices,
            catalogue=catalogue,
            model=choose_model(plan.model, plan.task, catalogue),
            planned=planned,
            document=frame,
            layer=order.layer,
        )
        inputs = Inputs(blobs, request.images(), is_kept=order.choices.keep_inputs)
        at_once = inserts_at_once(order.choices.results, order.choices.count)
        self._done(Ready(request, inputs, spot, insert_at_once=at_once))


def _model_for(task: str, order: Order, catalogue: Catalogue) -> str:
    if task != MAP_TASK:
        return choose_model(order.choices.model, task, catalogue).id
    control = next((known for known in catalogue.controls if known.id == order.map_kind), None)
    if control is not None and control.prepare_problem:
        raise VelaturaError("unknown_control", tr_daemon(control.prepare_problem))
    return ""


def _label_of_control(kind: str, catalogue: Catalogue) -> str:
    return next((tr_daemon(control.label) for control in catalogue.controls if control.id == kind), kind)
