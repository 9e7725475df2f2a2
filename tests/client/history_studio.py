"""Several documents with undo, files, and a daemon's memory, for tests of the history: no process, nothing painted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from velatura_cli.bench.memory_editor import InsertedLayer, MemoryDocument, MemoryEditor
from velatura_client.editor import WaitingResult
from velatura_client.history import History
from velatura_client.insertion import Finished
from velatura_client.packing import Inputs
from velatura_client.recipe import KeptRequest
from velatura_client.spot import Spot, spot_now
from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Patch, Report, Result
from velatura_protocol.request import GenerationRequest

SIDE = 8


@dataclass
class Painting(MemoryDocument):
    """Undoes and redoes what was inserted or deleted. ``opened``: counts its openings; each has another key."""

    file: "Painting | None" = None
    undone: list[list[InsertedLayer]] = field(default_factory=lambda: [])
    before: list[list[InsertedLayer]] = field(default_factory=lambda: [])

    def step(self) -> None:
        self.before.append(list(self.inserted))
        self.undone.clear()

    def insert_layer(self, layer, *, above: str) -> str:
        self.step()
        return super().insert_layer(layer, above=above)

    def insert_group(self, name, layers, *, above: str) -> Sequence[str]:
        self.step()
        return super().insert_group(name, layers, above=above)

    def delete_layer(self, number: int) -> None:
        if self.inserted:
            self.step()
            del self.inserted[number % len(self.inserted)]

    def undo(self) -> None:
        if self.before:
            self.undone.append(list(self.inserted))
            self.inserted[:] = self.before.pop()

    def redo(self) -> None:
        if self.undone:
            self.before.append(list(self.inserted))
            self.inserted[:] = self.undone.pop()

    def layer_keys(self) -> set[str]:
        return {layer.key for layer in self.inserted}

    def read_layer(self, rect: Rect, layer: str = ""):
        found = next((one for one in self.inserted if one.key == layer), None)
        return super().read_layer(rect) if found is None else found.patch


class MemoryDaemon:
    """Stands for ``BackgroundClient``: it keeps results until they are forgotten. Answers come with ``deliver``."""

    def __init__(self, editor: MemoryEditor) -> None:
        self._editor = editor
        self.results: dict[str, tuple[Result, tuple[Buffer, ...]]] = {}
        self.forgotten: list[str] = []

    def forget(self, job: str) -> None:
        self.forgotten.append(job)
        self.results.pop(job, None)

    def watch(self, job: str, listener) -> None:
        def answer() -> None:
            if job in self.results:
                listener.on_result(*self.results[job])
            else:
                listener.on_error(ErrorInfo("job_unknown", "There is no such job."))

        self._editor.deliver(answer)


class Studio:
    """An editor with documents in memory, their files, the daemon, and one history, which ``restart`` begins anew."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[list[InsertedLayer], dict[str, bytes]]] = {}
        self.documents: dict[str, Painting] = {}
        self.editor = MemoryEditor()
        self.daemon = MemoryDaemon(self.editor)
        self.offered: list[WaitingResult] = []
        self.begun: list[tuple[GenerationRequest, tuple[str, ...], Inputs | None]] = []
        self._openings = 0
        self._jobs = 0
        self.start()

    def start(self) -> None:
        self.history = History(editor=self.editor, client=self.daemon, again=self._again, hand_over=self._hand_over)

    def restart(self) -> None:
        """The editor quits; what was not saved is gone. The next one asks the daemon what it has."""
        self.documents.clear()
        self.editor.document, self.editor.history = None, ()
        self.start()
        self.history.look()
        self.offered = [WaitingResult(job, "") for job in self.daemon.results]

    def open(self, name: str) -> Painting:
        """From its file, if there is one; it becomes the active document."""
        if name not in self.documents:
            self._openings += 1
            layers, attachments = self.files.get(name, ([], {}))
            document = Painting(np.zeros((SIDE, SIDE, 4), np.uint8), key=f"{name} {self._openings}")
            document.inserted, document.attachments = list(layers), dict(attachments)
            self.documents[name] = document
        self.editor.document = self.documents[name]
        self.history.look()
        return self.documents[name]

    def save(self, name: str) -> None:
        document = self.documents[name]
        self.files[name] = (list(document.inserted), dict(document.attachments))

    def close(self, name: str) -> None:
        document = self.documents.pop(name)
        document.open = False
        if self.editor.document is document:
            self.editor.document = next(iter(self.documents.values()), None)
        self.history.look()

    def finish(self, name: str, *, count: int = 1, at_once: bool = False, inputs: Inputs | None = None) -> str:
        """A job for the document ``name`` has its result. ``at_once``: its layers are put in before."""
        self._jobs += 1
        job = f"job {self._jobs}"
        self.finish_request(job, name, request_for(self._jobs * 100, count), at_once=at_once, inputs=inputs)
        return job

    def finish_request(
        self, job: str, name: str, request: GenerationRequest, *, at_once: bool, inputs: Inputs | None
    ) -> None:
        document = self.documents[name]
        patches = tuple(
            Patch(ImageRef(index, SIDE, SIDE), 0, 0, request.seed + index) for index in range(request.count)
        )
        blobs = tuple(pixels_of(patch.seed) for patch in patches)
        result = Result(job, request, patches, Report(model="m"))
        self.daemon.results[job] = (result, blobs)
        inputs = inputs or Inputs(())
        layers: list[str] = []
        finished = Finished(result, blobs, inputs)
        spot = spot_now(document)
        if at_once:
            document.step()
            new = [finished.layer(patch, ()) for patch in patches]
            layers = [document._insert(layer, "", "") for layer in new]
            self.daemon.forget(job)
        self.history.add(
            job=job, document=document, spot=spot, finished=finished, inputs=inputs, is_applied=at_once, layers=layers
        )

    def run(self) -> None:
        """Deliver what is on its way."""
        while not self.editor._calls.empty():
            self.editor._calls.get()()

    def items(self):
        return self.editor.history

    def _again(self, document, kept: KeptRequest, inputs: Inputs | None, _spot: Spot) -> str:
        self.begun.append((kept.request, kept.inputs, inputs))
        return f"begun {len(self.begun)}"

    def _hand_over(self, left: Sequence[WaitingResult]) -> None:
        known = {one.job for one in self.offered}
        all_of_them = [*self.offered, *(one for one in left if one.job not in known)]
        self.offered = [one for one in all_of_them if not self.history.has(one.job)]


def request_for(seed: int, count: int = 1) -> GenerationRequest:
    return GenerationRequest(
        task="txt2img",
        model="m",
        canvas_width=SIDE,
        canvas_height=SIDE,
        region=Rect(0, 0, SIDE, SIDE),
        prompt=f"picture {seed}",
        seed=seed,
        count=count,
    )


def pixels_of(seed: int) -> bytes:
    """What a seed paints."""
    return bytes((seed + index) % 256 for index in range(SIDE * SIDE * 4))
