"""From a result to its layers: one after another, each at a moment when the person's brush is up."""

from typing import Callable, List, Sequence

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Patch, Result

from .editor import Document, Pixels
from .recipe import layer_name, recipe_text

_CLOSED = (
    "The picture was closed before its layer was in it. The layer is kept: "
    "open a picture and choose Insert Waiting Result."
)


class Insertion:
    """Calls ``done`` with the layers' names when all are in the document, or ``failed`` with a sentence; or neither,
    after ``cancel``. Until ``done`` nothing may delete the result.
    """

    def __init__(
        self,
        *,
        document: Document,
        above: str,
        result: Result,
        blobs: Sequence[Buffer],
        done: Callable[[Sequence[str]], None],
        failed: Callable[[str], None],
    ) -> None:
        """``above``: key of the layer to put them above."""
        self._document = document
        self._above = above
        self._result = result
        self._blobs = blobs
        self._done = done
        self._failed = failed
        self._names: List[str] = []
        self._is_over = False

    @property
    def is_over(self) -> bool:
        return self._is_over

    def go_on(self) -> None:
        """Insert the next layer as soon as the document is free."""
        if len(self._names) < len(self._result.patches):
            self._document.when_free(self._insert_next)
        else:
            self._is_over = True
            self._done(self._names)

    def cancel(self) -> None:
        """Insert no further layer."""
        self._is_over = True

    def _insert_next(self) -> None:
        if self._is_over:
            return
        if not self._document.is_open():
            self._fail(_CLOSED)
            return
        try:
            self._insert(self._result.patches[len(self._names)])
        except VelaturaError as error:
            self._fail(error.info.message)
            return
        self.go_on()

    def _fail(self, sentence: str) -> None:
        self._is_over = True
        self._failed(sentence)

    def _insert(self, patch: Patch) -> None:
        image = patch.image
        if not 0 <= image.blob < len(self._blobs) or len(self._blobs[image.blob]) != image.byte_count:
            raise VelaturaError("internal", "The daemon sent a picture of a wrong length. Please report this.")
        name = layer_name(self._result.request.prompt, patch.seed)
        if len(self._result.patches) > 1:
            name = f"{name} ({len(self._names) + 1})"
        pixels = Pixels(self._blobs[image.blob], image.width, image.height, image.channels)
        recipe = recipe_text(self._result, patch)
        self._document.insert_layer(name, pixels, patch.x, patch.y, recipe, above=self._above)
        self._names.append(name)
