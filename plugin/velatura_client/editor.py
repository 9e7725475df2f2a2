"""What an editor adapter implements: a document to read and to put layers into, and places to show what goes on.

All methods are called on the editor's own (UI) thread. Pixels are 8-bit, rows top-down and tightly packed; colours are
sRGB with straight alpha, whatever the document's own colour model is. Rectangles are in document pixels.
"""

from dataclasses import dataclass
from typing import Callable, Optional, Protocol, Sequence, Union

from velatura_protocol.images import Rect

Buffer = Union[bytes, bytearray, memoryview]


@dataclass(frozen=True)
class Pixels:
    """A picture. ``channels``: ``BGRA``, ``RGBA``, ``RGB`` or ``Y``; ``data`` has width * height * channels bytes."""

    data: Buffer
    width: int
    height: int
    channels: str


@dataclass(frozen=True)
class Progress:
    """How far a job is. ``text``: a short line for a person; ``fraction``: 0..1 of the stage, None = unknown."""

    job: str
    text: str
    fraction: Optional[float] = None


@dataclass(frozen=True)
class WaitingResult:
    """A finished job whose pictures no document has taken. ``label``: the prompt's beginning, may be empty."""

    job: str
    label: str


@dataclass(frozen=True)
class Layer:
    """A layer of a document. ``kind``: ``paint``, ``group`` or ``other`` (filter, vector, file ...).

    ``depth``: how many groups it lies in; 0 = top level.
    """

    key: str
    name: str
    kind: str
    depth: int = 0


@dataclass(frozen=True)
class NewLayer:
    """A layer to be inserted. ``x``, ``y``: where its top left corner goes; ``recipe``: JSON, kept with it."""

    name: str
    pixels: Pixels
    x: int
    y: int
    recipe: str = ""


@dataclass(frozen=True)
class QueuedJob:
    """A job that was begun here and is not over. ``label``: the prompt's beginning; ``text``: how far it is."""

    job: str
    label: str
    text: str
    fraction: Optional[float] = None


@dataclass(frozen=True)
class HistoryItem:
    """A finished picture. ``key`` tells it from others; those of one job share ``job``.

    Attributes:
        thumbnail: at most 96 pixels on its longer side.
        is_applied: it stands in its document as a layer.
        made_at: seconds since 1970.
        is_shown: it lies over the canvas of its document.
        is_lost: its pixels are nowhere any more; what made it is still known.
        can_be_made_again: what it was made from is kept, so that the same pixels can be painted once more.
    """

    key: str
    job: str
    prompt: str
    seed: int
    thumbnail: Pixels
    is_applied: bool = False
    made_at: float = 0.0
    is_shown: bool = False
    is_lost: bool = False
    can_be_made_again: bool = False


class Document(Protocol):
    """An open picture."""

    @property
    def key(self) -> str:
        """Tells this document from others for as long as it is open; equal for two wrappers of the same document."""
        ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def is_open(self) -> bool:
        """False once the person closed it; then nothing else is called."""
        ...

    def selection_bounds(self) -> Optional[Rect]:
        """Bounds of every pixel that is selected at all, soft edge included. None when there is no selection."""
        ...

    def read_canvas(self, rect: Rect) -> Pixels:
        """The picture as the person sees it (all visible layers); transparent outside the document."""
        ...

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:
        """One layer or group alone, the active one for ""; transparent where it has no pixels.

        Raises:
            VelaturaError: ``invalid_value`` when the layer is gone.
        """
        ...

    def layers(self) -> Sequence[Layer]:
        """All layers, the topmost first, each group right before what it holds. Masks are none."""
        ...

    def read_mask(self, rect: Rect) -> Pixels:
        """The selection as ``Y``: 255 = selected = repaint, 0 = keep, between = in part."""
        ...

    def active_layer(self) -> str:
        """Key of the layer that the person works on; the same for as long as the layer is there. "" = none."""
        ...

    def when_free(self, task: Callable[[], None]) -> None:
        """Run ``task`` at once, or as soon as the person's brush is up. It runs too if the document is closed by then.

        Tasks run one after another, in order.
        """
        ...

    def insert_layer(self, name: str, patch: Pixels, x: int, y: int, recipe: str, *, above: str) -> str:
        """Put ``patch`` into the document as a layer of its own, top left corner at ``x``, ``y``: one undo step.

        Called within ``when_free``. When it returns, the layer is in the document, and the layer that was active is
        active still (or is so again before the next task runs).

        Args:
            recipe: JSON of what made it, to keep with it.
            above: key of the layer to put it above; when that is gone, it goes above the active layer.

        Returns:
            The new layer's key.

        Raises:
            VelaturaError: the document did not take it.
        """
        ...

    def insert_group(self, name: str, layers: Sequence[NewLayer], *, above: str) -> Sequence[str]:
        """The same for several layers in a group of their own, the first at the bottom: one undo step for all.

        Returns:
            The new layers' keys, in the order of ``layers``.
        """
        ...

    def recipe_of(self, layer: str) -> str:
        """The recipe that was kept with a layer, "" when there is none."""
        ...

    def keep_attachment(self, name: str, data: bytes) -> None:
        """Keep ``data`` in the document so that it survives saving; no undo step. The same name replaces."""
        ...

    def attachment(self, name: str) -> bytes:
        """What was kept under ``name``, b"" when nothing."""
        ...


class Editor(Protocol):
    """The program around the documents, and the plug-in's panel in it.

    Attributes:
        quitting_s: seconds within which the editor tells that it quits, after it has closed documents for that.
    """

    quitting_s: float

    def active_document(self) -> Optional[Document]: ...

    def show_progress(self, progress: Progress) -> None: ...

    def show_preview(self, job: str, document: Document, preview: Pixels, region: Rect) -> None:
        """``preview`` is small; it shows the document's ``region`` as far as it is made."""
        ...

    def show_finished(self, job: str, message: str) -> None:
        """The job is over and its layers are in the document (or it was cancelled): take progress and preview away."""
        ...

    def show_error(self, job: str, message: str) -> None:
        """The job is over without a layer. ``message`` says what to do. ``job`` "": none was begun."""
        ...

    def show_waiting(self, results: Sequence[WaitingResult]) -> None:
        """Oldest first; each can be inserted or discarded. Empty: take the offer away."""
        ...

    def show_queue(self, jobs: Sequence[QueuedJob]) -> None:
        """Every job that was begun here and is not over, in order. Called when one begins, moves on or ends."""
        ...

    def show_history(self, items: Sequence[HistoryItem]) -> None:
        """The finished pictures of the active document, newest first; those of one job stand together."""
        ...

    def show_on_canvas(self, document: Document, patch: Pixels, x: int, y: int) -> None:
        """Lay ``patch`` over the document's view, outside of the document and its undo. One at a time per document."""
        ...

    def clear_canvas(self, document: Document) -> None:
        """Take away what ``show_on_canvas`` or a job's preview laid over the document."""
        ...
