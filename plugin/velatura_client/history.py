"""Finished pictures: looked at over the canvas, put into the document, made again, thrown away."""

from dataclasses import dataclass, field, replace
from typing import Callable, List, Optional, Sequence, Tuple

from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Patch, Result
from velatura_protocol.request import GenerationRequest

from .background import BackgroundClient
from .editor import Document, Editor, HistoryItem, Pixels
from .insertion import Finished, Insertion, inserted_text
from .spot import Spot, laid
from .packing import Inputs, Packed
from .recipe import parameters_text, recipe_of, recipe_text
from .texts import tr
from .thumbnail import thumbnail

#: Bytes of memory for all pictures together and what they were made from. The oldest that were applied leave first.
LARGEST_MEMORY = 512 << 20

#: Begins a job once more: document, the finished one, its request with another seed.
Again = Callable[[Document, Finished, GenerationRequest], str]


@dataclass
class _Job:
    """A finished job. ``blobs``: those of the result, in the order of their indices."""

    job: str
    document: Document
    spot: Spot
    result: Result
    blobs: Tuple[Packed, ...]
    inputs: Inputs
    is_acknowledged: bool = False
    pictures: "List[_Picture]" = field(default_factory=lambda: [])

    @property
    def size(self) -> int:
        return sum(blob.size for blob in self.blobs) + self.inputs.size

    def finished(self) -> Finished:
        return Finished(self.result, tuple(blob.data for blob in self.blobs), self.inputs)


@dataclass
class _Picture:
    item: HistoryItem
    patch: Patch
    of: _Job


class History:
    """Newest first. Everything here runs on the editor's thread; each method returns at once.

    The daemon keeps a result until each of its pictures is applied or deleted: what was never decided on waits for the
    next start of the editor.
    """

    def __init__(self, *, editor: Editor, client: BackgroundClient, again: Again) -> None:
        self._editor = editor
        self._client = client
        self._again = again
        self._pictures: List[_Picture] = []
        self._shown: Optional[_Picture] = None

    def items(self) -> Sequence[HistoryItem]:
        return tuple(picture.item for picture in self._pictures)

    def has(self, job: str) -> bool:
        """Whether the result of ``job`` is seen to here."""
        return any(picture.item.job == job for picture in self._pictures)

    def add(
        self, *, job: str, document: Document, spot: Spot, finished: Finished, inputs: Inputs, is_applied: bool
    ) -> None:
        """``is_applied``: its pictures are in the document, and the daemon has been told so.

        Raises:
            VelaturaError: ``internal`` when pixels are missing.
        """
        pixels = [finished.pixels(patch) for patch in finished.result.patches]
        blobs = tuple(Packed(blob) for blob in finished.blobs)
        made = _Job(job, document, spot, finished.result, blobs, inputs, is_applied)
        for index, patch in enumerate(finished.result.patches):
            item = HistoryItem(
                key=f"{job}/{index}",
                job=job,
                prompt=finished.result.request.prompt,
                seed=patch.seed,
                thumbnail=thumbnail(pixels[index]),
                is_applied=is_applied,
            )
            made.pictures.append(_Picture(item, patch, made))
        self._pictures = [*made.pictures, *self._pictures]
        self._keep_small()
        self._tell()

    def show(self, key: str) -> None:
        """Lay the picture over the canvas of its document, in place of what lies there."""
        picture = self._picture(key)
        document = picture.of.document
        if not document.is_open():
            raise VelaturaError("invalid_value", tr("The picture that this was made for is closed."))
        self.hide()
        finished = picture.of.finished()
        self._shown = picture
        layer = finished.layer(picture.patch, ())
        layer = laid(document, layer, picture.of.spot.transform(document, layer.rect))
        self._editor.show_on_canvas(document, layer.pixels, layer.x, layer.y)

    def hide(self) -> None:
        """Take the picture that is shown away; it stays in the history."""
        shown, self._shown = self._shown, None
        if shown is not None and shown.of.document.is_open():
            self._editor.clear_canvas(shown.of.document)

    def apply(self, key: str) -> None:
        """Put the picture into its document as a layer (into the active one when that is closed): one undo step."""
        picture = self._picture(key)
        self._insert(picture.of, [picture])

    def apply_group(self, job: str) -> None:
        """All pictures of a job in a group of their own: one undo step."""
        pictures = [picture for picture in reversed(self._pictures) if picture.item.job == job]
        if not pictures:
            raise _gone()
        self._insert(pictures[0].of, sorted(pictures, key=lambda picture: picture.item.seed))

    def again(self, key: str) -> str:
        """The same request with another seed, on the same pixels. Returns the new job's id."""
        made = self._picture(key).of
        document = made.document if made.document.is_open() else self._editor.active_document()
        if document is None:
            raise VelaturaError("invalid_value", tr("No picture is open. Open or create one first."))
        return self._again(document, made.finished(), made.result.request)

    def delete(self, key: str) -> None:
        picture = self._picture(key)
        if picture is self._shown:
            self.hide()
        self._pictures.remove(picture)
        picture.of.pictures.remove(picture)
        self._acknowledge(picture.of)
        self._tell()

    def prompt(self, key: str) -> str:
        return self._picture(key).item.prompt

    def seed(self, key: str) -> int:
        return self._picture(key).item.seed

    def pixels(self, key: str) -> Pixels:
        picture = self._picture(key)
        return picture.of.finished().pixels(picture.patch)

    def recipe_text(self, key: str) -> str:
        picture = self._picture(key)
        return recipe_text(picture.of.result, picture.patch)

    def parameters(self, key: str) -> str:
        """As the Stable Diffusion WebUI writes them into its PNGs."""
        picture = self._picture(key)
        return parameters_text(recipe_of(picture.of.result, picture.patch))

    def _insert(self, made: _Job, pictures: Sequence[_Picture]) -> None:
        document, spot = made.document, made.spot
        if not document.is_open():
            other = self._editor.active_document()
            if other is None:
                raise VelaturaError("invalid_value", tr("No picture is open. Open or create one first."))
            document, spot = other, Spot(other.active_layer())
        if self._shown in pictures:
            self.hide()

        def done(names: Sequence[str]) -> None:
            for picture in pictures:
                picture.item = replace(picture.item, is_applied=True)
            self._acknowledge(made)
            self._tell()
            self._editor.show_finished(made.job, inserted_text(names))

        Insertion(
            document=document,
            spot=spot,
            finished=made.finished(),
            patches=[picture.patch for picture in pictures],
            done=done,
            failed=lambda sentence: self._editor.show_error(made.job, sentence),
        ).go_on()

    def _acknowledge(self, made: _Job) -> None:
        """The daemon may delete the result when nothing of it is undecided."""
        if not made.is_acknowledged and all(picture.item.is_applied for picture in made.pictures):
            made.is_acknowledged = True
            self._client.forget(made.job)

    def _keep_small(self) -> None:
        """Pictures that leave unapplied go on waiting in the daemon."""
        jobs = {id(picture.of): picture.of for picture in self._pictures}
        size = sum(made.size for made in jobs.values())
        oldest_first = list(reversed(list(jobs.values())))
        for made in sorted(oldest_first[:-1], key=lambda one: not one.is_acknowledged):
            if size <= LARGEST_MEMORY:
                return
            size -= made.size
            self._pictures = [picture for picture in self._pictures if picture.of is not made]

    def _picture(self, key: str) -> _Picture:
        for picture in self._pictures:
            if picture.item.key == key:
                return picture
        raise _gone()

    def _tell(self) -> None:
        self._editor.show_history(self.items())


def _gone() -> VelaturaError:
    return VelaturaError("invalid_value", tr("This picture is not in the history any more."))
