"""What a menu action does, for any editor: each begins a job, or does something with the results of earlier ones.

Everything here runs on the editor's thread, in the callbacks that the background client delivers.
"""

from dataclasses import dataclass, replace
from typing import Callable, Dict, Optional, Sequence, Union

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import Catalogue

from .background import BackgroundClient, new_job_id
from .choices import MAP_TASK, REFINE_STRENGTH, SHOW_SEVERAL, Choices, ControlChoice, inserts_at_once
from .editor import Document, Editor
from .frame import Frame
from .history import History
from .layer_notes import transform_since
from .order import Order, Ready
from .outside import canvas_with_results
from .packing import Inputs, unpack
from .recipe import KeptRequest, kept_request
from .refining import layer_to_refine
from .run import Run, Workshop
from .spot import Spot, spot_now
from .texts import error_text, tr
from .waiting import WaitingResults

__all__ = ["Actions", "Choices", "ControlChoice"]


class Actions:
    """The menu. Each method returns at once, those that begin a job its id, "" when none was begun; what happens is
    shown through ``Editor.show_*``.

    Attributes:
        results: what is done with pictures that are made again, as in ``Choices``; the editor sets it.
        history: finished pictures.
        waiting: results of earlier jobs that no document has taken.
    """

    def __init__(
        self, *, editor: Editor, client: BackgroundClient, learn: Callable[[Catalogue], None] = lambda _catalogue: None
    ) -> None:
        """``learn`` is told each catalogue that was fetched for a job."""
        self._editor = editor
        self._running: Dict[str, Run] = {}
        self._failed: Optional[_Failed] = None
        self.results = SHOW_SEVERAL
        self.history = History(
            editor=editor, client=client, again=self._again, hand_over=lambda left: self.waiting.hand_over(left)
        )
        self.waiting = WaitingResults(editor=editor, client=client, is_begun_here=self._is_begun_here)
        self._workshop = Workshop(
            editor=editor,
            client=client,
            history=self.history,
            waiting=self.waiting,
            running=self._running,
            keep_failed=self._keep_failed,
            learn=learn,
        )

    def generate(self, choices: Choices) -> str:
        """Text to image, over the selection's bounds or the whole canvas (``txt2img``)."""
        return self._begin(Order("txt2img", "txt2img", choices))

    def refine(self, choices: Choices) -> str:
        """The active layer again, changed by ``strength``: inside the selection, else all of it (``img2img``).

        The visible picture instead where that was chosen, or where the layer is empty, hidden or covered.
        """
        return self._begin(Order("img2img", "inpaint", _refining(choices), layer=self._refined(choices)))

    def refine_selection(self, choices: Choices) -> str:
        """The same for the selection alone (``inpaint``)."""
        return self._begin(Order("", "inpaint", _refining(choices), layer=self._refined(choices)))

    def fill(self, choices: Choices) -> str:
        """Repaint the selection so that it suits its surroundings (``inpaint``); nothing of it has to remain."""
        return self._begin(Order("", "inpaint", replace(choices, strength=1.0), replaces=True))

    def extend(self, choices: Choices) -> str:
        """Continue the picture into what the selection reaches of nothing, also beyond the canvas (``inpaint``)."""
        inpaint = replace(choices.inpaint, fill="blur")
        order = Order("", "inpaint", replace(choices, strength=1.0, inpaint=inpaint), extends=True, replaces=True)
        return self._begin(order)

    def make_map(self, kind: str, choices: Choices) -> str:
        """The control map of what is seen, in the selection's bounds or everywhere, as an ordinary layer."""
        return self._begin(Order(MAP_TASK, MAP_TASK, replace(choices, prompt=""), map_kind=kind))

    def again_from_layer(self, layer: str = "") -> str:
        """Make the picture of a layer ("": the active one) again by its recipe: the same pixels, as a new layer."""
        document = self._document()
        if document is None:
            return ""
        layer = layer or document.active_layer()
        text = document.recipe_of(layer)
        if not text:
            self._editor.show_error("", tr("This layer has no recipe: Velatura has not made it, or it is a copy."))
            return ""
        try:
            kept = kept_request(text)
            ready = _ready_from(document, kept, _spot_of(document, layer, kept))
            ready = replace(ready, insert_at_once=inserts_at_once(self.results, ready.request.count))
        except VelaturaError as error:
            self._editor.show_error("", error_text(error.info))
            return ""
        return self._run(document).begin_ready(ready)

    def can_repeat(self, job: str) -> bool:
        """Whether ``job`` is the one that ``repeat`` would begin again."""
        return bool(job) and self._failed is not None and self._failed.job == job and self._failed.document.is_open()

    def repeat(self) -> str:
        """The job that failed last once more: with the very same request and pixels if it came to them, else as it was
        asked for."""
        failed, self._failed = self._failed, None
        if failed is None:
            self._editor.show_finished("", tr("Nothing has failed that could be repeated."))
            return ""
        if not failed.document.is_open():
            self._editor.show_error("", tr("The picture that this was made for is closed."))
            return ""
        run = self._run(failed.document)
        return run.begin(failed.what) if isinstance(failed.what, Order) else run.begin_ready(failed.what)

    def enlarge_canvas(self) -> None:
        """Make the canvas as large as what our layers reach: one undo step."""
        document = self._document()
        if document is None:
            return

        def enlarge() -> None:
            whole = canvas_with_results(document) if document.is_open() else None
            if whole is None:
                self._editor.show_finished("", tr("No result reaches beyond the canvas."))
                return
            document.resize_canvas(whole)
            size = f"{whole.width} x {whole.height}"
            self._editor.show_finished("", tr("The canvas has {size} pixels now.", size=size))

        document.when_free(enlarge)

    def cancel(self, job: str = "") -> None:
        """Cancel ``job``, "" = every job that was begun here and is not over."""
        for run in [run for known, run in self._running.items() if job in ("", known)]:
            run.cancel()
        if not job:
            self.waiting.cancel()

    def _refined(self, choices: Choices) -> str:
        """Key of the layer that refining begins with, "" = the visible picture."""
        document = self._editor.active_document()
        if document is None or choices.refine_source != "layer":
            return ""
        return layer_to_refine(document, document.selection_bounds())

    def _begin(self, order: Order) -> str:
        document = self._document()
        if document is None:
            return ""
        self.waiting.look_once()
        return self._run(document).begin(order)

    def _run(self, document: Document) -> Run:
        return Run(self._workshop, document, new_job_id())

    def _document(self) -> Optional[Document]:
        document = self._editor.active_document()
        if document is None:
            self._editor.show_error("", tr("No picture is open. Open or create one first."))
        return document

    def _again(self, document: Document, kept: KeptRequest, inputs: Optional[Inputs], spot: Spot) -> str:
        ready = _ready_from(document, kept, spot) if inputs is None else Ready(kept.request, inputs, spot)
        ready = replace(ready, insert_at_once=inserts_at_once(self.results, ready.request.count))
        return self._run(document).begin_ready(ready)

    def _is_begun_here(self, job: str) -> bool:
        return job in self._running or self.history.has(job)

    def _keep_failed(self, document: Document, job: str, what: Union[Ready, Order, None]) -> None:
        self._failed = None if what is None else _Failed(document, job, what)


@dataclass(frozen=True)
class _Failed:
    """What ``repeat`` begins again."""

    document: Document
    job: str
    what: Union[Ready, Order]


def _refining(choices: Choices) -> Choices:
    return choices if choices.strength is not None else replace(choices, strength=REFINE_STRENGTH)


def _spot_of(document: Document, layer: str, kept: KeptRequest) -> Spot:
    """Where the content of a layer that we made is now."""
    first = transform_since(document, layer, kept.request)
    if first is None:
        raise VelaturaError(
            "invalid_value",
            tr(
                "The picture has another size than when this layer was made, and the layer has no pixels that tell "
                "where it belongs now."
            ),
        )
    return spot_now(document, layer=layer, first=first)


def _ready_from(document: Document, kept: KeptRequest, spot: Spot) -> Ready:
    """A kept request with its pixels: those that were kept, else what the document shows there now."""
    images = kept.request.images()
    blobs: Sequence[Buffer]
    try:
        sizes = {image.blob: image.byte_count for _path, image in images}
        blobs = [unpack(document.attachment(name), sizes[number]) for number, name in enumerate(kept.inputs)]
    except (ValueError, KeyError):
        blobs = []
    if len(blobs) == len(images):
        return Ready(kept.request, Inputs(blobs, images), spot)
    return Ready(
        kept.request,
        Inputs(_read_anew(document, kept), images),
        spot,
        note=tr("What it was made from is not kept with it, so the present picture was taken."),
    )


def _read_anew(document: Document, kept: KeptRequest) -> Sequence[Buffer]:
    x, y = kept.request.offset
    frame = Frame(document, Rect(x, y, kept.request.canvas_width, kept.request.canvas_height))
    blobs: Dict[int, Buffer] = {}
    for path, image in kept.request.images():
        read = frame.read_mask if path == "mask" else frame.read_canvas
        pixels = read(kept.request.region)
        if pixels.channels != image.channels:
            raise VelaturaError("invalid_value", tr("What this layer was made from is not kept with it."))
        blobs[image.blob] = pixels.data
    return [blobs[index] for index in sorted(blobs)]
