"""The history of one document while it is open: its jobs with their pictures, and what is kept of them in it."""

import time
from dataclasses import dataclass, field, replace
from typing import Dict, List, Optional, Sequence, Tuple

from velatura_protocol.envelope import Buffer
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Patch, Result

from .editor import Document, HistoryItem, Pixels
from .history_store import (
    INDEX,
    MOST_JOBS,
    KeptJob,
    KeptPicture,
    job_text,
    read_index,
    thumbnail_of,
    thumbnail_text,
    write_index,
)
from .insertion import Finished
from .layer_notes import transform_since
from .packing import Inputs, Packed
from .recipe import layer_name
from .spot import Spot

#: Looking whether the layers are still there takes at most this share of the time, however many there are.
LOOK_SHARE = 0.005


@dataclass(eq=False)
class Picture:
    """One picture of a job.

    Attributes:
        number: its place among the job's results, from 0.
        layers: keys of the layers that it became; () with ``is_applied``: the editor did not tell.
        is_applied: one of them is there.
        is_decided: it was applied once.
    """

    number: int
    patch: Patch
    thumbnail: Pixels
    of: "Job"
    thumbnail_text: str = ""
    layers: Tuple[str, ...] = ()
    is_applied: bool = False
    is_decided: bool = False

    @property
    def key(self) -> str:
        return f"{self.of.job}/{self.number}"

    @property
    def place(self) -> Rect:
        """In the document, as it was made."""
        x, y = self.of.result.request.offset
        return Rect(self.patch.x + x, self.patch.y + y, self.patch.image.width, self.patch.image.height)


@dataclass(eq=False)
class Job:
    """A finished job.

    Attributes:
        spot: where its pictures belong; None = nothing is known but coordinates.
        blobs: of the result, in the order of their indices; None = not in memory.
        inputs: what it was made from; None = not in memory.
        input_names: the attachments with these, once they are in the document.
        is_with_daemon: the daemon has not been told that it may forget it.
    """

    job: str
    shelf: "Shelf"
    made_at: float
    spot: Optional[Spot]
    result: Result
    name: str = ""
    blobs: Optional[Tuple[Packed, ...]] = None
    inputs: Optional[Inputs] = None
    input_names: Tuple[str, ...] = ()
    is_with_daemon: bool = False
    pictures: List[Picture] = field(default_factory=lambda: [])
    _written: Optional[Tuple[KeptJob, str]] = None

    @property
    def size(self) -> int:
        """Bytes of memory that can be given back."""
        return sum(blob.size for blob in self.blobs or ()) + (self.inputs.size if self.inputs is not None else 0)

    @property
    def can_be_made_again(self) -> bool:
        has_no_images = not self.result.request.images()
        return has_no_images or self.inputs is not None or bool(self.input_names)

    @property
    def is_elsewhere(self) -> bool:
        """Its pixels need not be in memory: the daemon has them, or they are in the document as layers."""
        return self.is_with_daemon or all(picture.is_applied and picture.layers for picture in self.pictures)

    def note_inputs(self) -> None:
        """Its layers are in the document, and with them what they were made from."""
        if self.inputs is not None:
            self.input_names = tuple(name for name, _data in self.inputs.attachments())

    def take(self, result: Result, blobs: Sequence[Buffer]) -> None:
        """The pixels have come."""
        self.result = result
        self.blobs = tuple(Packed(blob) for blob in blobs)
        for picture in self.pictures:
            if picture.number < len(result.patches):
                picture.patch = result.patches[picture.number]

    def finished(self, pictures: Sequence[Picture]) -> Optional[Finished]:
        """With the pixels from memory; None when they are not there."""
        if self.blobs is None:
            return None
        patches = tuple(picture.patch for picture in pictures)
        blobs = tuple(blob.data for blob in self.blobs)
        return Finished(replace(self.result, patches=patches), blobs, self.inputs, self.name)

    def finished_from_layers(self, pictures: Sequence[Picture]) -> Optional[Finished]:
        """With the pixels of the layers that the pictures became; None when one of them is not there."""
        document = self.shelf.document
        here = document.layers_here([key for picture in pictures for key in picture.layers])
        patches: List[Patch] = []
        blobs: List[Buffer] = []
        for picture in pictures:
            layer = next((key for key in reversed(picture.layers) if key in here), "")
            if not layer:
                return None
            # one that was scaled or turned since has not the pixels that were made
            since = transform_since(document, layer, self.result.request)
            if since is None or not since.keeps_pixels:
                return None
            pixels = document.read_layer(since.rect(picture.place), layer)
            image = ImageRef(len(blobs), pixels.width, pixels.height, pixels.channels)
            patches.append(replace(picture.patch, image=image))
            blobs.append(pixels.data)
        return Finished(replace(self.result, patches=tuple(patches)), tuple(blobs), self.inputs, self.name)

    def text(self) -> str:
        """As it stands in the index; made anew only when something has changed, for a hundred take their time."""
        kept = self._kept()
        if self._written is None or self._written[0] != kept:
            self._written = (kept, job_text(kept))
        return self._written[1]

    def _kept(self) -> KeptJob:
        pictures: List[KeptPicture] = []
        for picture in self.pictures:
            picture.thumbnail_text = picture.thumbnail_text or thumbnail_text(picture.thumbnail)
            kept = KeptPicture(
                picture.number, picture.patch, picture.layers, picture.is_decided, picture.thumbnail_text
            )
            pictures.append(kept)
        return KeptJob(self.job, self.made_at, self.result, self.name, self.spot, self.input_names, tuple(pictures))


class Shelf:
    """Everything here runs on the editor's thread.

    Attributes:
        jobs: newest first.
        shown: key of the picture that lies over the canvas, "" = none.
        is_newer: what is kept in the document is of a newer Velatura: it is neither read nor replaced.
        is_damaged: something of it could not be read.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.shown = ""
        self.jobs: List[Job] = []
        self._is_write_due = False
        self._next_look = 0.0
        index = read_index(document.attachment(INDEX))
        self.is_newer, self.is_damaged = index.is_newer, index.is_damaged
        for kept in index.jobs:
            self.jobs.append(self._job_of(kept))

    def pictures(self) -> List[Picture]:
        return [picture for job in self.jobs for picture in job.pictures]

    def items(self) -> Tuple[HistoryItem, ...]:
        return tuple(self._item(picture) for picture in self.pictures())

    def add(self, job: Job) -> Sequence[Job]:
        """Returns the jobs that leave, as there are too many; those with undecided pictures leave last."""
        self.jobs.insert(0, job)
        excess = len(self.jobs) - MOST_JOBS
        oldest_first = sorted(self.jobs[1:], key=lambda one: (one.is_with_daemon, one.made_at))
        leaving = oldest_first[: max(0, excess)]
        self.jobs = [one for one in self.jobs if one not in leaving]
        return leaving

    def look_at_layers(self) -> bool:
        """Whether a picture is in the document, after all that was undone and deleted. True when that has changed."""
        placed = [picture for picture in self.pictures() if picture.layers]
        began = time.perf_counter()
        if not placed or began < self._next_look:
            return False
        here = self.document.layers_here([key for picture in placed for key in picture.layers])
        changed = False
        for picture in placed:
            is_applied = not here.isdisjoint(picture.layers)
            changed = changed or is_applied != picture.is_applied
            picture.is_applied = is_applied
        now = time.perf_counter()
        self._next_look = now + (now - began) / LOOK_SHARE
        return changed

    def keep(self) -> None:
        """Write the index into the document: soon, once for all that happens until then, and not during a stroke."""
        if not self._is_write_due and not self.is_newer:
            self._is_write_due = True
            self.document.when_free(self._write)

    def _write(self) -> None:
        self._is_write_due = False
        if not self.document.is_open():
            return
        for job in self.jobs:
            if not job.input_names and job.inputs is not None:
                attachments = job.inputs.attachments()
                job.input_names = tuple(name for name, _data in attachments)
                self._keep_inputs(dict(attachments))
        self.document.keep_attachment(INDEX, write_index([job.text() for job in self.jobs]))

    def _keep_inputs(self, attachments: Dict[str, bytes]) -> None:
        """Those that an earlier job or a layer was made from, too, are in the document already."""
        for name, data in attachments.items():
            if not self.document.attachment(name):
                self.document.keep_attachment(name, data)

    def _job_of(self, kept: KeptJob) -> Job:
        job = Job(kept.job, self, kept.made_at, kept.spot, kept.result, kept.name, input_names=kept.inputs)
        for one in kept.pictures:
            picture = Picture(
                number=one.number,
                patch=one.patch,
                thumbnail=thumbnail_of(one.thumbnail),
                of=job,
                thumbnail_text=one.thumbnail,
                layers=one.layers,
                is_decided=one.is_decided,
            )
            job.pictures.append(picture)
        job.is_with_daemon = any(not picture.is_decided for picture in job.pictures)
        return job

    def _item(self, picture: Picture) -> HistoryItem:
        job = picture.of
        return HistoryItem(
            key=picture.key,
            job=job.job,
            prompt=job.result.request.prompt,
            seed=picture.patch.seed,
            thumbnail=picture.thumbnail,
            is_applied=picture.is_applied,
            made_at=job.made_at,
            is_shown=picture.key == self.shown,
            is_lost=job.blobs is None and not job.is_with_daemon and not picture.is_applied,
            can_be_made_again=job.can_be_made_again,
        )


def label_of(job: Job) -> str:
    """As the daemon labels a job that waits."""
    request = job.result.request
    return request.prompt and layer_name(request.prompt, request.seed)
