"""From a result to its layers: one undo step for all of them, at a moment when the person's brush is up."""

from dataclasses import dataclass
from typing import Callable, List, Optional, Sequence, Tuple

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import Patch, Result

from .editor import Document, NewLayer, Pixels
from .geometry import around
from .layer_notes import note_layers
from .packing import Inputs
from .recipe import layer_name, recipe_text
from .spot import Spot, laid
from .texts import error_text, tr


@dataclass(frozen=True)
class Finished:
    """A job's result as its document needs it.

    Attributes:
        inputs: what the request was made from, to be kept beside the recipe; None = nothing.
        name: of the layers; "" = after the prompt.
        is_visible: the layers' eyes are open.
    """

    result: Result
    blobs: Sequence[Buffer]
    inputs: Optional[Inputs] = None
    name: str = ""
    is_visible: bool = True

    def pixels(self, patch: Patch) -> Pixels:
        """Raises ``VelaturaError`` ``internal`` when the daemon sent something else than it said."""
        image = patch.image
        if not 0 <= image.blob < len(self.blobs) or len(self.blobs[image.blob]) != image.byte_count:
            raise VelaturaError("internal", tr("The daemon sent a picture of a wrong length. Please report this."))
        return Pixels(self.blobs[image.blob], image.width, image.height, image.channels)

    def place(self, patch: Patch) -> Rect:
        """The patch's rectangle, in the coordinates of the document that the job was begun on."""
        x, y = self.result.request.offset
        return Rect(patch.x + x, patch.y + y, patch.image.width, patch.image.height)

    def layer(self, patch: Patch, attachments: Sequence[str], number: int = 0) -> NewLayer:
        """``number``: which of several, 0 = the only one."""
        name = self.name or layer_name(self.result.request.prompt, patch.seed)
        recipe = recipe_text(self.result, patch, inputs=attachments)
        place = self.place(patch)
        numbered = f"{name} ({number})" if number else name
        return NewLayer(numbered, self.pixels(patch), place.x, place.y, recipe, self.is_visible)


def inserted_text(names: Sequence[str]) -> str:
    """What a person is told of the layers that came."""
    if len(names) == 1:
        return tr("New layer: {names}", names=names[0])
    return tr("{count} new layers in a group: {names}", count=len(names), names=", ".join(names))


def closed_text() -> str:
    """What a person is told of a result whose document is closed; the daemon keeps it."""
    return tr(
        "The picture was closed before its layer was in it. The layer is kept: "
        "open a picture and choose Insert Waiting Result."
    )


class Insertion:
    """Calls ``done`` with the layers' names when they are in the document, or ``failed`` with a sentence; or neither,
    after ``cancel``. Until ``done`` nothing may delete the result.

    Attributes:
        keys: of the layers, in the order of ``patches``; there when ``done`` is called.
    """

    def __init__(
        self,
        *,
        document: Document,
        spot: Spot,
        finished: Finished,
        patches: Sequence[Patch],
        done: Callable[[Sequence[str]], None],
        failed: Callable[[str], None],
    ) -> None:
        """``spot``: where they belong. Several ``patches`` go into a group of their own."""
        self._document = document
        self._spot = spot
        self._finished = finished
        self._patches = patches
        self._done = done
        self._failed = failed
        self._is_over = False
        self.keys: Tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self._is_over

    def go_on(self) -> None:
        """Insert as soon as the document is free."""
        self._document.when_free(self._insert)

    def cancel(self) -> None:
        """Insert nothing, unless that is done already."""
        self._is_over = True

    def _insert(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        if not self._document.is_open():
            self._failed(closed_text())
            return
        try:
            names = self._put_in()
        except VelaturaError as error:
            self._failed(error_text(error.info))
            return
        self._done(names)

    def _put_in(self) -> List[str]:
        several = len(self._patches) > 1
        attachments = self._finished.inputs.attachments() if self._finished.inputs is not None else ()
        names = [name for name, _data in attachments]
        layers = [
            self._finished.layer(patch, names, number if several else 0)
            for number, patch in enumerate(self._patches, 1)
        ]
        document, spot = self._document, self._spot
        transform = spot.transform(document, around([layer.rect for layer in layers]))
        layers = [laid(document, layer, transform) for layer in layers]
        above = spot.above(document, layers)
        if several:
            prompt, seed = self._finished.result.request.prompt, self._patches[0].seed
            group = self._finished.name or layer_name(prompt, seed)
            self.keys = tuple(document.insert_group(group, layers, above=above))
        else:
            self.keys = tuple(document.insert_layer(layer, above=above) for layer in layers)
        note_layers(document, dict(zip(self.keys, layers)), selection=spot.selection, transform=transform)
        for name, data in attachments:
            document.keep_attachment(name, data)
        return [layer.name for layer in layers]
