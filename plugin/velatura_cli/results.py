"""Results into files: a PNG or OpenRaster file, or a folder of PNGs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from velatura_client.client import Completed
from velatura_client.recipe import layer_name, recipe_of
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Patch

from .document import FileDocument
from .files.ora import OraPainting
from .files.ora_render import lay_patch, merged_with_patch
from .files.picture import Rgba
from .files.png import encode_png
from .files.store import store

_SLUG_LENGTH = 40


@dataclass(frozen=True)
class Written:
    """``files`` that were written and the names of ``layers`` that were added (OpenRaster only)."""

    files: tuple[Path, ...]
    layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Made:
    name: str
    rgba: Rgba
    x: int
    y: int
    recipe: dict[str, Any]


def write_results(completed: Completed, document: FileDocument, out: Path) -> Written:
    """Write what a job made. ``out``: ``.png`` = the whole picture with the result in it (numbered when there are
    several), ``.ora`` = all results as layers, the first one visible; otherwise a folder for one PNG per result.

    Raises:
        VelaturaError: ``disk_full``, or ``invalid_value`` for a file name of another kind.
    """
    made = [_made(completed, patch) for patch in completed.result.patches]
    kind = out.suffix.lower()
    if kind == ".ora":
        return _write_ora(made, document, out)
    if kind == ".png":
        paths = [out] if len(made) == 1 else [out.with_stem(f"{out.stem}-{index + 1}") for index in range(len(made))]
    else:
        paths = [out / f"{_slug(one.name)}-{one.recipe['seed']}.png" for one in made]
    for path, one in zip(paths, made, strict=True):
        store(path, encode_png(lay_patch(document.merged, one.rgba, one.x, one.y), one.recipe))
    return Written(tuple(paths))


def check_out(out: Path) -> None:
    """Refuse a file name that nothing can be written to, before the picture is made.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    if out.suffix and out.suffix.lower() not in (".png", ".ora") and not out.is_dir():
        raise VelaturaError("invalid_value", f"--out {out}: give a name ending in .png or .ora, or a folder.")


def _made(completed: Completed, patch: Patch) -> _Made:
    image = patch.image
    pixels = np.frombuffer(completed.blobs[image.blob], np.uint8).reshape(image.height, image.width, 4)
    name = layer_name(completed.result.request.prompt, patch.seed)
    return _Made(name, pixels, patch.x, patch.y, recipe_of(completed.result, patch))


def _write_ora(made: list[_Made], document: FileDocument, out: Path) -> Written:
    painting, above = document.painting, document.above
    if painting is None:
        painting = OraPainting.empty(document.width, document.height)
        if document.merged.any():
            background = painting.insert("Canvas", encode_png(document.merged), 0, 0, above=None)
            above = background
    names: list[str] = []
    for index, one in enumerate(reversed(made)):
        is_first = index == len(made) - 1
        name = one.name if len(made) == 1 else f"{one.name} ({len(made) - index})"
        above = painting.insert(name, encode_png(one.rgba, one.recipe), one.x, one.y, above=above)
        if not is_first:
            above.set("visibility", "hidden")
        names.insert(0, name)
    first = made[0]
    store(out, painting.encode(merged_with_patch(painting, document.merged, first.rgba, first.x, first.y)))
    return Written((out,), tuple(names))


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name).strip("-").lower()[:_SLUG_LENGTH] or "picture"
