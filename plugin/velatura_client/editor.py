"""What an editor adapter implements: a document to read and to put layers into, and places to show what goes on.

All methods are called on the editor's own (UI) thread. Pixels are 8-bit, rows top-down and tightly packed; colours are
sRGB with straight alpha, whatever the document's own colour model is. Rectangles are in document pixels.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Collection, Optional, Protocol, Sequence, Set, Union

from velatura_protocol.images import Rect

if TYPE_CHECKING:
    from .geometry import Transform

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
    """A layer of a document.

    Attributes:
        kind: ``paint``, ``group``, ``filter`` (has no pixels, changes those beneath) or ``other`` (vector, file ...).
        depth: how many groups it lies in; 0 = top level.
        is_visible: its own eye is open and its opacity is not 0; a group may hide it all the same.
        is_plain: what it holds is seen as it is: blended normally, fully opaque, not masked, not clipped.
        is_ours: it has a recipe.
        reaches_beyond: it also changes what is seen where it has no pixels: by the shadow or stroke of its style, by a
            filter on its group, by blending that clears.
    """

    key: str
    name: str
    kind: str
    depth: int = 0
    is_visible: bool = True
    is_plain: bool = True
    is_ours: bool = False
    reaches_beyond: bool = False


@dataclass(frozen=True)
class NewLayer:
    """A layer to be inserted. ``x``, ``y``: where its top left corner goes; ``recipe``: JSON, kept with it."""

    name: str
    pixels: Pixels
    x: int
    y: int
    recipe: str = ""
    is_visible: bool = True

    @property
    def rect(self) -> Rect:
        return Rect(self.x, self.y, self.pixels.width, self.pixels.height)


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
        """Tells this document from others for as long as it is open; equal for two wrappers of the same document.

        Nothing that is done to the picture changes it, flattening included.
        """
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

    def read_canvas(self, rect: Rect, without: Sequence[str] = ()) -> Pixels:
        """The picture as the person sees it (all visible layers); transparent outside the document.

        Args:
            without: keys of layers that are left out. Called within ``when_free`` if there are any.
        """
        ...

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:
        """One layer or group alone, the active one for ""; transparent where it has no pixels.

        Raises:
            VelaturaError: ``invalid_value`` when the layer is gone.
        """
        ...

    def layer_alpha(self, layer: str, rect: Rect) -> bytes:
        """How opaque a layer's own pixels are, one byte for each: 0 = nothing is there, 255 = nothing shines through.

        In between exact for 8 bit, else only between. Of a layer that is gone: all 0.
        """
        ...

    def layer_bounds(self, layer: str) -> Optional[Rect]:
        """The smallest rectangle around its pixels, inside the canvas or not; None when it has none or is gone."""
        ...

    def layers(self) -> Sequence[Layer]:
        """All layers, the topmost first, each group right before what it holds. Masks are none."""
        ...

    def layers_here(self, keys: Collection[str]) -> Set[str]:
        """Those of ``keys`` that are layers of the document now. Cheaper than ``layers``."""
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

    def insert_layer(self, layer: NewLayer, *, above: str) -> str:
        """Put ``layer`` into the document: one undo step. Returns its key.

        Called within ``when_free``. When it returns, the layer is in the document, and the layer that was active is
        active still (or is so again before the next task runs).

        Args:
            above: key of the layer to put it directly above; when that is gone, it goes above the active layer.

        Raises:
            VelaturaError: the document did not take it.
        """
        ...

    def insert_group(self, name: str, layers: Sequence[NewLayer], *, above: str) -> Sequence[str]:
        """The same for several layers in a group of their own, the first at the bottom: one undo step for all.

        Returns their keys.
        """
        ...

    def resize_canvas(self, rect: Rect) -> None:
        """Make ``rect`` the canvas; layers keep where they are in the picture. One undo step; within ``when_free``."""
        ...

    def fitted(self, pixels: Pixels, transform: "Transform", width: int, height: int) -> Pixels:
        """A picture turned as ``transform.turn`` says, then smoothly scaled to ``width`` x ``height`` pixels."""
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

    def show_map(self, kind: str, layer: str) -> None:
        """A map for a kind of control stands in the active document as a hidden layer: let it guide the next jobs."""
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
