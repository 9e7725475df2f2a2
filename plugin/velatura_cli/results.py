"""Results into files: a PNG or OpenRaster file, or a folder of PNGs."""

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from velatura_client.client import Completed
from velatura_client.recipe import layer_name, recipe_of
from velatura_protocol.envelope import DEFAULT_LIMITS
from velatura_protocol.errors import ProtocolError, VelaturaError
from velatura_protocol.images import Rect, check_image
from velatura_protocol.messages import Patch

from .destination import FOLDER, ORA, Destination
from .document import FileDocument
from .files.layer_tree import union_of
from .files.ora import Element, OraPainting
from .files.ora_render import lay_patch, merged_with_patch
from .files.picture import Rgba, check_size
from .files.png import encode_png
from .files.store import check_room
from .ora_layers import place_in_painting
from .output import harmless, say

#: A picture has red, green, blue and alpha.
_SAMPLES = 4


@dataclass(frozen=True)
class Written:
    """``files`` that were written and the names of ``layers`` that were added (OpenRaster only)."""

    files: tuple[Path, ...]
    layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Made:
    """One picture of a result. ``rgba``: (height, width, 4) uint8, its corner at ``x``, ``y`` of the canvas."""

    name: str
    seed: int
    rgba: Rgba
    x: int
    y: int
    recipe: dict[str, Any]


def check_writing(document: FileDocument, destination: Destination, count: int, region: Rect) -> None:
    """Refuse, before anything is painted, what could not be written afterwards: layers that cannot be rendered or put
    into a file again, and a disk without room. ``region``: what will be painted ``count`` times.

    Raises:
        VelaturaError: ``invalid_value``, ``disk_full``.
    """
    count = min(max(count, 1), DEFAULT_LIMITS.blobs)
    whole = document.width * document.height * _SAMPLES
    needed = whole * count
    if destination.kind == ORA:
        painting, above = _painting(document, region)
        dot = np.zeros((1, 1, _SAMPLES), np.uint8)
        painting.insert("Velatura", encode_png(dot), region.x, region.y, above=above)
        patch = np.zeros((region.height, region.width, _SAMPLES), np.uint8)
        merged_with_patch(painting, document.merged, patch, region.x, region.y)
        needed = len(painting.encode(dot))
        needed += whole + count * region.width * region.height * _SAMPLES
    check_room(destination.folder, needed)


def write_results(completed: Completed, document: FileDocument | None, destination: Destination) -> Written:
    """Write what a job made, whole files only: ``.png`` = the whole picture with the result in it (numbered when there
    are several), ``.ora`` = all results as layers, the first one visible; otherwise a folder for one PNG per result.

    Args:
        document: what the job was made for; None: it is not at hand, and what was painted is written alone.

    Raises:
        VelaturaError: ``disk_full`` or ``invalid_value`` (the sentence names the files that were written before),
            ``image_size_mismatch`` for another document, ``internal`` when the result is not what it says.
    """
    made = _pictures(completed)
    if document is not None:
        _check_document(completed, document)
    if destination.kind == ORA:
        return _write_ora(made, document or _blank(completed), destination)
    written: list[Path] = []
    try:
        for index, one in enumerate(made):
            whole = one.rgba if document is None else lay_patch(document.merged, one.rgba, one.x, one.y)
            data = encode_png(whole, one.recipe)
            if destination.kind == FOLDER:
                written.append(destination.write_into_folder(one.name, one.seed, data))
            else:
                path = destination.files(len(made))[index]
                destination.write(path, data)
                written.append(path)
    except VelaturaError as error:
        if not written:
            raise
        names = ", ".join(str(path) for path in written)
        raise VelaturaError(error.info.code, f"{error.info.message} Written before that: {names}.") from None
    return Written(tuple(written))


def summary(completed: Completed, written: Written) -> dict[str, Any]:
    """What ``--json`` prints of a job."""
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


def say_summary(told: dict[str, Any]) -> None:
    """The same in a line."""
    seconds = sum(told["timings"].values())
    files = ", ".join(harmless(name) for name in told["files"])
    say(f"{harmless(told['model'])}, seed {told['seed']}, {seconds:.1f} s: {files}")


def _pictures(completed: Completed) -> list[_Made]:
    """All pictures of a result, looked at before any is written."""
    patches = completed.result.patches
    if not 1 <= len(patches) <= len(completed.blobs):
        raise _lying(f"{len(patches)} pictures with {len(completed.blobs)} parts")
    return [_made(completed, patch, index) for index, patch in enumerate(patches)]


def _made(completed: Completed, patch: Patch, index: int) -> _Made:
    image, request = patch.image, completed.result.request
    try:
        check_image(image, [len(blob) for blob in completed.blobs], f"patches[{index}].image")
    except ProtocolError as error:
        raise _lying(error.info.message.rstrip(".")) from None
    if (image.channels, image.dtype, image.colour_space) != ("RGBA", "u8", "srgb"):
        raise _lying(f"a picture of {image.channels}, {image.dtype}, {image.colour_space}")
    place = Rect(patch.x, patch.y, image.width, image.height)
    if place.intersection(Rect(0, 0, request.canvas_width, request.canvas_height)) != place:
        raise _lying(f"a picture of {image.width} x {image.height} at {patch.x}, {patch.y}, outside of the canvas")
    pixels = np.frombuffer(completed.blobs[image.blob], np.uint8).reshape(image.height, image.width, _SAMPLES)
    name = layer_name(request.prompt, patch.seed)
    return _Made(name, patch.seed, pixels, patch.x, patch.y, recipe_of(completed.result, patch))


def _lying(what: str) -> VelaturaError:
    return VelaturaError("internal", f"The daemon sent a result that is not what it says ({what}). Please report this.")


def _check_document(completed: Completed, document: FileDocument) -> None:
    request = completed.result.request
    if (request.canvas_width, request.canvas_height) != (document.width, document.height):
        raise VelaturaError(
            "image_size_mismatch",
            f"This was painted for a canvas of {request.canvas_width} x {request.canvas_height} pixels; the one given "
            f"has {document.width} x {document.height}. Give the one that it was painted for, or none.",
        )


def _blank(completed: Completed) -> FileDocument:
    request = completed.result.request
    check_size(request.canvas_width, request.canvas_height, "The canvas of this job")
    nothing = np.zeros((request.canvas_height, request.canvas_width, _SAMPLES), np.uint8)
    return FileDocument(canvas=nothing, layer=nothing, merged=nothing)


def _painting(document: FileDocument, rect: Rect) -> tuple[OraPainting, Element | None]:
    """A painting to put layers into, which is the caller's own, and the layer to put them above (None: on top).

    ``rect``: what they will cover.
    """
    if document.painting is not None:
        painting, above = copy.deepcopy((document.painting, document.above))
        return painting, place_in_painting(painting, above, rect, shall_be_seen=not document.reads_layer)
    painting = OraPainting.empty(document.width, document.height)
    if not document.merged.any():
        return painting, None
    return painting, painting.insert("Canvas", encode_png(document.merged), 0, 0, above=None)


def _write_ora(made: list[_Made], document: FileDocument, destination: Destination) -> Written:
    rects = [Rect(one.x, one.y, one.rgba.shape[1], one.rgba.shape[0]) for one in made]
    painting, above = _painting(document, union_of(rects))
    names: list[str] = []
    for index, one in enumerate(reversed(made)):
        is_first = index == len(made) - 1
        name = one.name if len(made) == 1 else f"{one.name} ({len(made) - index})"
        above = painting.insert(name, encode_png(one.rgba, one.recipe), one.x, one.y, above=above)
        if not is_first:
            above.set("visibility", "hidden")
        names.insert(0, name)
    first = made[0]
    whole = merged_with_patch(painting, document.merged, first.rgba, first.x, first.y)
    destination.write(destination.out, painting.encode(whole))
    return Written((destination.out,), tuple(names))
