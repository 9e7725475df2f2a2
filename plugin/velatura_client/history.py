"""Finished pictures: looked at over the canvas, put into their document, made again, thrown away."""

import time
from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import GenerationRequest

from .background import BackgroundClient
from .choices import random_seed
from .editor import Document, Editor, HistoryItem, Pixels, WaitingResult
from .fetching import Fetches
from .insertion import Finished, Insertion, inserted_text
from .packing import Inputs
from .recipe import KeptRequest, parameters_text, recipe_of, recipe_text
from .shelf import Job, Picture, Shelf, label_of
from .spot import Spot, laid, spot_now
from .texts import tr
from .thumbnail import thumbnail

#: Bytes of memory for the pixels of all documents and what they were made from. The oldest leave first.
LARGEST_MEMORY = 512 << 20
#: Keys of layers that one picture became, as often as it is applied; the oldest are forgotten first.
_MOST_LAYERS = 16

#: Begins a job once more: document, request, its blobs if they are in memory, else the names of its attachments, and
#: where its result belongs.
Again = Callable[[Document, KeptRequest, Optional[Inputs], Spot], str]
#: Told of undecided pictures whose document was closed, and without any when some are seen to here again.
HandOver = Callable[[Sequence[WaitingResult]], None]


class History:
    """Of each open document its own, newest first. Everything here runs on the editor's thread; each method returns at
    once. Keys are those of ``HistoryItem``; actions are for the document that the person sees.

    The daemon keeps a result until each of its pictures is applied or deleted. Prompt, settings and thumbnails stay in
    the document, so that the history is there when it is opened again; pixels then come from the daemon, or from the
    layer, or are made again.
    """

    def __init__(self, *, editor: Editor, client: BackgroundClient, again: Again, hand_over: HandOver) -> None:
        self._editor = editor
        self._client = client
        self._again = again
        self._hand_over = hand_over
        self._shelves: Dict[str, Shelf] = {}
        self._told = ""
        self._fetches = Fetches(editor=editor, client=client, came=self._on_fetched)

    def look(self) -> None:
        """Notice that another document is active, that one was closed, or that layers were undone. Cheap."""
        self._drop_closed()
        document = self._editor.active_document()
        changed = self._told != ("" if document is None else document.key)
        if document is not None:
            changed = self._shelf(document).look_at_layers() or changed
        if changed:
            self._tell()

    def items(self) -> Sequence[HistoryItem]:
        """Of the active document."""
        document = self._editor.active_document()
        return () if document is None else self._shelf(document).items()

    def has(self, job: str) -> bool:
        """Whether the result of ``job`` is seen to here."""
        return any(one.job == job for shelf in self._shelves.values() if shelf.document.is_open() for one in shelf.jobs)

    def add(
        self,
        *,
        job: str,
        document: Document,
        spot: Spot,
        finished: Finished,
        inputs: Inputs,
        is_applied: bool,
        layers: Sequence[str] = (),
    ) -> None:
        """Args:
            document: it is open.
            is_applied: its pictures are in the document, and the daemon has been told so.
            layers: keys of the layers that they became, as far as the editor tells.

        Raises:
            VelaturaError: ``internal`` when pixels are missing.
        """
        pixels = [finished.pixels(patch) for patch in finished.result.patches]
        shelf = self._shelf(document)
        result = finished.result
        made = Job(job, shelf, time.time(), spot, result, finished.name, inputs=inputs, is_with_daemon=not is_applied)
        for number, patch in enumerate(result.patches):
            picture = Picture(number, patch, thumbnail(pixels[number]), made)
            picture.is_applied = picture.is_decided = is_applied
            picture.layers = tuple(layers[number : number + 1])
            made.pictures.append(picture)
        made.take(result, finished.blobs)
        if is_applied:
            made.note_inputs()
        self._drop_what_is_made_again(shelf, result.request)
        self._hand_over([_waiting(one) for one in shelf.add(made) if one.is_with_daemon])
        self._keep_small()
        self._changed(shelf)

    def show_job(self, job: str) -> None:
        """``show`` the first picture of ``job``."""
        self.show(self._pictures_of(job)[0].key)

    def show(self, key: str) -> None:
        """Lay the picture over the canvas of its document, in place of what lies there."""
        picture = self._picture(key)
        shelf = picture.of.shelf

        def lay(finished: Finished) -> None:
            self._take_off(shelf)
            shelf.shown = key
            [patch] = finished.result.patches
            layer = finished.layer(patch, ())
            if picture.of.spot is not None:
                layer = laid(shelf.document, layer, picture.of.spot.transform(shelf.document, layer.rect))
            self._editor.show_on_canvas(shelf.document, layer.pixels, layer.x, layer.y)
            self._tell()

        self._with_pixels([picture], lay)

    def hide(self) -> None:
        """Take the picture that is shown off the active document; it stays in the history."""
        document = self._editor.active_document()
        if document is not None:
            self._take_off(self._shelf(document))
            self._tell()

    def apply(self, key: str) -> None:
        """Put the picture into its document as a layer: one undo step.

        Raises:
            VelaturaError: ``invalid_value`` when its document is not the active one, or its pixels are lost.
        """
        self._insert([self._picture(key)])

    def apply_group(self, job: str) -> None:
        """All pictures of a job in a group of their own: one undo step. Raises as ``apply`` does."""
        self._insert(sorted(self._pictures_of(job), key=lambda picture: picture.patch.seed))

    def again(self, key: str) -> str:
        """The same request with another seed, on the same pixels. Returns the new job's id."""
        made = self._picture(key).of
        return self._begin(made, replace(made.result.request, seed=random_seed()))

    def make_again(self, key: str) -> str:
        """The very same picture once more, as a new layer. Returns the new job's id."""
        picture = self._picture(key)
        return self._begin(picture.of, _request_of(picture))

    def delete(self, key: str) -> None:
        picture = self._picture(key)
        made, shelf = picture.of, picture.of.shelf
        if key == shelf.shown:
            self._take_off(shelf)
        made.pictures.remove(picture)
        if not made.pictures:
            shelf.jobs.remove(made)
        self._acknowledge(made)
        self._changed(shelf)

    def prompt(self, key: str) -> str:
        return self._picture(key).of.result.request.prompt

    def seed(self, key: str) -> int:
        return self._picture(key).patch.seed

    def settings(self, key: str) -> Mapping[str, Any]:
        """What it was made with, by the names of ``Choices``; without size, place and controls, which are the
        document's."""
        picture = self._picture(key)
        request = picture.of.result.request
        names = ("prompt", "negative_prompt", "model", "steps", "guidance_scale", "strength", "inpaint", "loras")
        alike = {name: getattr(request, name) for name in names}
        return {**alike, "sampler": request.sampler or None, "seed": picture.patch.seed}

    def with_pixels(self, key: str, then: Callable[[Pixels], None]) -> None:
        """Call ``then`` with the picture: at once, or when the daemon has sent it. Raises as ``apply`` does."""
        self._with_pixels([self._picture(key)], lambda finished: then(finished.pixels(finished.result.patches[0])))

    def recipe_text(self, key: str) -> str:
        picture = self._picture(key)
        return recipe_text(picture.of.result, picture.patch)

    def parameters(self, key: str) -> str:
        """As the Stable Diffusion WebUI writes them into its PNGs."""
        picture = self._picture(key)
        return parameters_text(recipe_of(picture.of.result, picture.patch))

    # --- into the document ------------------------------------------------------------------------------------------

    def _insert(self, pictures: Sequence[Picture]) -> None:
        made = pictures[0].of
        self._check_is_seen(made.shelf.document)
        self._with_pixels(pictures, lambda finished: self._put_in(made, pictures, finished))

    def _put_in(self, made: Job, pictures: Sequence[Picture], finished: Finished) -> None:
        """The document may not be the active one any more, when the pixels had to come first."""
        document = made.shelf.document
        self._check_is_seen(document)
        if made.shelf.shown in [picture.key for picture in pictures]:
            self._take_off(made.shelf)

        def done(names: Sequence[str]) -> None:
            for number, picture in enumerate(pictures):
                picture.is_applied = picture.is_decided = True
                picture.layers = (*picture.layers, *insertion.keys[number : number + 1])[-_MOST_LAYERS:]
            made.note_inputs()
            self._acknowledge(made)
            self._changed(made.shelf)
            self._editor.show_finished(made.job, inserted_text(names))

        insertion = Insertion(
            document=document,
            spot=made.spot or Spot(document.active_layer()),
            finished=finished,
            patches=finished.result.patches,
            done=done,
            failed=lambda sentence: self._editor.show_error(made.job, sentence),
        )
        insertion.go_on()

    def _begin(self, made: Job, request: GenerationRequest) -> str:
        document = made.shelf.document
        self._check_is_seen(document)
        spot = spot_now(document) if made.spot is None else made.spot.renewed(document, made.pictures[0].place)
        return self._again(document, KeptRequest(request, made.input_names), made.inputs, spot)

    def _check_is_seen(self, document: Document) -> None:
        active = self._editor.active_document()
        if active is None or active.key != document.key:
            raise VelaturaError(
                "invalid_value", tr("This picture was made for another document. Go to that one, then do this again.")
            )

    # --- where the pixels are ---------------------------------------------------------------------------------------

    def _with_pixels(self, pictures: Sequence[Picture], then: Callable[[Finished], None]) -> None:
        """``pictures`` are of one job. From memory, the daemon, or the layers that they became; else raises."""
        made = pictures[0].of
        if not made.shelf.document.is_open():
            raise _gone()
        finished = made.finished(pictures)
        if finished is None and made.is_with_daemon:
            self._fetches.fetch(made, lambda: self._with_pixels(pictures, then))
            return
        finished = finished or made.finished_from_layers(pictures)
        if finished is None:
            raise _lost(made)
        then(finished)

    def _on_fetched(self, made: Job) -> None:
        self._keep_small(made)
        self._tell()

    def _acknowledge(self, made: Job) -> None:
        """The daemon may delete the result when nothing of it is undecided, in a copy of the document neither."""
        alike = [one for shelf in self._shelves.values() for one in shelf.jobs if one.job == made.job]
        decided = all(picture.is_decided for one in (made, *alike) for picture in one.pictures)
        if made.is_with_daemon and decided:
            for one in (made, *alike):
                one.is_with_daemon = False
            self._client.forget(made.job)

    def _keep_small(self, needed: Optional[Job] = None) -> None:
        """Pixels that leave memory are still with the daemon while they are undecided, and in their layers."""
        jobs = sorted((job for shelf in self._shelves.values() for job in shelf.jobs), key=lambda job: job.made_at)
        size = sum(job.size for job in jobs)
        for job in sorted(jobs[:-1], key=lambda job: not job.is_elsewhere):
            if size <= LARGEST_MEMORY:
                return
            if job is not needed:
                size -= job.size
                job.blobs = job.inputs = None

    # --- the documents ----------------------------------------------------------------------------------------------

    def _shelf(self, document: Document) -> Shelf:
        shelf = self._shelves.get(document.key)
        if shelf is None:
            shelf = self._shelves[document.key] = Shelf(document)
            if shelf.is_newer:
                self._editor.show_finished(
                    "", tr("The history in this document is of a newer Velatura, and is left alone.")
                )
            elif shelf.is_damaged:
                self._editor.show_finished("", tr("Some of the history in this document is damaged, and was left out."))
            if shelf.jobs:
                shelf.look_at_layers()
                self._hand_over(())
        return shelf

    def _drop_closed(self) -> None:
        """What is undecided there is offered to other documents, unless it is opened again."""
        for key in [key for key, shelf in self._shelves.items() if not shelf.document.is_open()]:
            shelf = self._shelves.pop(key)
            left = [job for job in reversed(shelf.jobs) if job.is_with_daemon and not self.has(job.job)]
            if left:
                self._hand_over([_waiting(job) for job in left])

    def _take_off(self, shelf: Shelf) -> None:
        if shelf.shown:
            shelf.shown = ""
            self._editor.clear_canvas(shelf.document)

    def _drop_what_is_made_again(self, shelf: Shelf, request: GenerationRequest) -> None:
        """Of a picture whose pixels were lost, and which is here now."""
        lost = {item.key for item in shelf.items() if item.is_lost}
        for picture in shelf.pictures():
            if picture.key in lost and _request_of(picture) == request:
                picture.of.pictures.remove(picture)
        shelf.jobs = [job for job in shelf.jobs if job.pictures]

    def _picture(self, key: str) -> Picture:
        for job in self._jobs():
            for picture in job.pictures:
                if picture.key == key:
                    return picture
        raise _gone()

    def _pictures_of(self, job: str) -> List[Picture]:
        for one in self._jobs():
            if one.job == job:
                return one.pictures
        raise _gone()

    def _jobs(self) -> List[Job]:
        """Of every open document; those of the active one first, as a copy of it may have the same."""
        self._drop_closed()
        document = self._editor.active_document()
        active = "" if document is None else document.key
        shelves = sorted(self._shelves.values(), key=lambda shelf: shelf.document.key != active)
        return [job for shelf in shelves for job in shelf.jobs]

    def _changed(self, shelf: Shelf) -> None:
        shelf.keep()
        self._tell()

    def _tell(self) -> None:
        document = self._editor.active_document()
        self._told = "" if document is None else document.key
        self._editor.show_history(self.items())


def _request_of(picture: Picture) -> GenerationRequest:
    """What makes this picture alone."""
    return replace(picture.of.result.request, seed=picture.patch.seed, count=1)


def _waiting(job: Job) -> WaitingResult:
    return WaitingResult(job.job, label_of(job))


def _gone() -> VelaturaError:
    return VelaturaError("invalid_value", tr("This picture is not in the history any more."))


def _lost(made: Job) -> VelaturaError:
    if made.can_be_made_again:
        sentence = tr("The pixels of this picture are not kept any more. Choose Make Again from its menu.")
    else:
        sentence = tr("The pixels of this picture are not kept any more. Use its prompt and seed from its menu.")
    return VelaturaError("invalid_value", sentence)
