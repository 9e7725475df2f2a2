"""``velatura generate``: one job, from files to files."""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from velatura_client.choices import REFINE_STRENGTH, Blobs, Choices, choose_model, compose_request
from velatura_client.client import Client
from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE, Rect
from velatura_protocol.messages import Catalogue, Plan
from velatura_protocol.request import GenerationRequest, LoraRequest

from .control_option import ControlOption
from .destination import Destination
from .document import FileDocument, blank_document, open_document
from .keeping import FetchCommand, kept_until_written, told_of_a_lost_daemon
from .output import tell_notes
from .progress_bar import ProgressBar
from .results import check_writing, summary, write_results


@dataclass(frozen=True)
class Order:
    """The command line, read. ``size``: of the new picture; with ``canvas`` the size to run at. None = by the model."""

    choices: Choices
    destination: Destination
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
    choices, destination = order.choices, order.destination
    destination.check(choices.count, choices.prompt)
    if order.canvas is None and (order.layer is not None or order.mask is not None):
        raise VelaturaError("invalid_value", "--layer and --mask belong to a picture. Give it with --canvas.")
    with ProgressBar() as progress_bar:
        catalogue = client.catalogue()
        document = _document(order, catalogue)
        request, blobs = _request(client, order, catalogue, document)
        check_writing(document, destination, choices.count, request.region)
        notes = _notes(order, document, request.region)
        tell_notes(notes)
        with told_of_a_lost_daemon():
            completed = client.run(request, blobs, progress_bar.show)
    with kept_until_written(client, completed.result.job, FetchCommand(destination, order.canvas, order.layer)):
        written = write_results(completed, document, destination)
    told = summary(completed, written)
    return {**told, "notes": [*notes, *told["notes"]]}


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
