"""``velatura generate``: one job, from files to files."""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from velatura_client.choices import REFINE_STRENGTH, Blobs, Choices, choose_model, compose_request
from velatura_client.client import Client, Completed
from velatura_client.progress import progress_of
from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE, Rect
from velatura_protocol.messages import Catalogue, JobState, Plan
from velatura_protocol.request import GenerationRequest, LoraRequest

from .control_option import ControlOption
from .document import FileDocument, blank_document, open_document
from .output import console, tell_notes
from .results import Written, check_out, write_results


@dataclass(frozen=True)
class Order:
    """The command line, read. ``size``: of the new picture; with ``canvas`` the size to run at. None = by the model."""

    choices: Choices
    out: Path
    canvas: Path | None = None
    layer: str | None = None
    mask: str | None = None
    size: tuple[int, int] | None = None
    controls: tuple[ControlOption, ...] = ()

    @property
    def task(self) -> str:
        if self.canvas is None:
            return "txt2img"
        return "img2img" if self.mask is None else "inpaint"


def generate(client: Client, order: Order) -> dict[str, Any]:
    """Run the order and return what ``--json`` prints.

    Raises:
        VelaturaError: from the files, the daemon or the job.
    """
    check_out(order.out)
    if order.canvas is None and (order.layer is not None or order.mask is not None):
        raise VelaturaError("invalid_value", "--layer and --mask belong to a picture. Give it with --canvas.")
    with _ProgressBar() as progress_bar:
        catalogue = client.catalogue()
        document = _document(order, catalogue)
        request, blobs = _request(client, order, catalogue, document)
        notes = _notes(order, document, request.region)
        tell_notes(notes)
        completed = client.run(request, blobs, progress_bar.show)
    written = write_results(completed, document, order.out)
    summary = _summary(completed, written)
    return {**summary, "notes": [*notes, *summary["notes"]]}


def read_size(text: str) -> tuple[int, int]:
    """``WxH`` in pixels.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    match = re.fullmatch(r"(\d{1,6})[xX×](\d{1,6})", text.strip())
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise VelaturaError(
            "invalid_value", f"--size {text!r}: write width x height in pixels, such as 512x384, up to {MAX_SIDE}."
        )
    return width, height


def read_lora(text: str) -> LoraRequest:
    """``NAME[:WEIGHT]``.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    name, colon, weight = text.rpartition(":")
    if not colon:
        return LoraRequest(text)
    try:
        return LoraRequest(name, float(weight))
    except ValueError:
        raise VelaturaError("invalid_value", f"--lora {text!r}: write NAME or NAME:WEIGHT.") from None


def _document(order: Order, catalogue: Catalogue) -> FileDocument:
    if order.canvas is not None:
        return open_document(order.canvas, layer=order.layer, mask=order.mask)
    if order.size is not None:
        return blank_document(*order.size)
    if order.controls:
        height, width = order.controls[0].picture.shape[:2]
        return blank_document(width, height)
    model = choose_model(order.choices.model, order.task, catalogue)
    return blank_document(model.native_width, model.native_height)


def _request(
    client: Client, order: Order, catalogue: Catalogue, document: FileDocument
) -> tuple[GenerationRequest, list[Buffer]]:
    choices = order.choices
    if order.task == "img2img" and choices.strength is None:
        choices = dataclasses.replace(choices, strength=REFINE_STRENGTH)
    if order.canvas is not None and order.size is not None:
        choices = dataclasses.replace(choices, run_width=order.size[0], run_height=order.size[1])
    model = choose_model(choices.model, order.task, catalogue)
    planned = client.plan(
        Plan(
            task=order.task,
            model=model.id,
            canvas_width=document.width,
            canvas_height=document.height,
            selection=document.selection_bounds(),
            inpaint=choices.inpaint,
        )
    )
    request, buffers = compose_request(
        task=order.task,
        choices=choices,
        catalogue=catalogue,
        model=model,
        planned=planned,
        document=document,
        layer=order.layer or "",
    )
    blobs = Blobs(buffers)
    controls = tuple(
        control.request(planned.region, document.width, document.height, blobs) for control in order.controls
    )
    return dataclasses.replace(request, controls=controls), blobs.buffers


def _notes(order: Order, document: FileDocument, region: Rect) -> list[str]:
    """What of the files was not read as it may be meant: told before it is painted."""
    told = [*document.notes, *document.notes_on_region(region)]
    return told + [note for control in order.controls for note in control.notes]


def _summary(completed: Completed, written: Written) -> dict[str, Any]:
    result, report = completed.result, completed.result.report
    return {
        "job": result.job,
        "task": result.request.task,
        "model": report.model or result.request.model,
        "device": report.device,
        "sampler": report.sampler or result.request.sampler,
        "seed": result.request.seed,
        "seeds": [patch.seed for patch in result.patches],
        "region": dataclasses.asdict(result.request.region),
        "size_run": [report.run_width, report.run_height],
        "patches": [
            {"x": patch.x, "y": patch.y, "width": patch.image.width, "height": patch.image.height}
            for patch in result.patches
        ],
        "timings": report.timings,
        "counters": report.counters,
        "notes": list(report.notes),
        "layers": list(written.layers),
        "files": [str(path) for path in written.files],
    }


class _ProgressBar:
    """A line on standard error while the job runs; only text where that is no terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<32}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task("Connecting", total=None)

    def __enter__(self) -> "_ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *_ended: object) -> None:
        self._progress.stop()

    def show(self, state: JobState) -> None:
        progress = progress_of(state)
        total = None if progress.fraction is None else 1.0
        self._progress.update(self._task, description=progress.text, completed=progress.fraction or 0.0, total=total)
