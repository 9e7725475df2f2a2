"""A picture file as the document that a job reads from."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from velatura_client.editor import Pixels
from velatura_client.selection import DIRT, deciding_value
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .files.names import quoted
from .files.ora import Element, OraPainting, decode_ora
from .files.ora_notes import named, painting_notes, unreadable_layers
from .files.ora_render import render, render_layer
from .files.picture import Mask, Rgba, decode_canvas, decode_mask, read_file

#: ``--mask layer:NAME``: a layer of the canvas, opaque where it shall be repainted.
LAYER_PREFIX = "layer:"


@dataclass(frozen=True)
class FileDocument:
    """What the command line gives to ``compose_request``.

    Attributes:
        canvas: what the whole picture looks like.
        layer: the pixels of the layer that img2img reads; the canvas where there are no layers.
        mask: of the canvas' size, 255 = repaint; None = nothing is selected.
        painting: the OpenRaster file that the canvas came from, None for a flat picture.
        above: the painting's layer that was worked on, None = there is none.
        reads_layer: that layer was chosen and is what is refined; else all that is seen is.
        merged: what the painting looks like with all its layers (``canvas`` may leave the mask's layer out).
        notes: sentences on what of the files was not read as it may be meant.
    """

    canvas: Rgba
    layer: Rgba
    mask: Mask | None = None
    painting: OraPainting | None = None
    above: Element | None = None
    reads_layer: bool = False
    merged: Rgba = field(default_factory=lambda: np.zeros((0, 0, 4), np.uint8))
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return self.canvas.shape[1]

    @property
    def height(self) -> int:
        return self.canvas.shape[0]

    @property
    def document(self) -> None:
        """A request for it has all of it as its canvas."""

    def selection_bounds(self) -> Rect | None:
        """Bounds of what the mask selects, stray pixels of next to nothing left out of account.

        Raises:
            VelaturaError: ``empty_selection`` when there is a mask and it is 0 everywhere.
        """
        if self.mask is None:
            return None
        strongest = int(self.mask.max())
        deciding = self.mask >= deciding_value(strongest)
        rows, columns = np.flatnonzero(deciding.any(axis=1)), np.flatnonzero(deciding.any(axis=0))
        if strongest == 0:
            raise VelaturaError(
                "empty_selection", "The mask is black everywhere. Paint white where the picture shall be repainted."
            )
        x, y = int(columns[0]), int(rows[0])
        return Rect(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)

    def notes_on_region(self, region: Rect) -> list[str]:
        """What the mask selects outside of ``region``, which is all that a job repaints."""
        if self.mask is None:
            return []
        outside = self.mask.copy()
        outside[max(0, region.y) : max(0, region.bottom), max(0, region.x) : max(0, region.right)] = 0
        count = int(np.count_nonzero(outside))
        if count == 0:
            return []
        who = "1 pixel of the mask lies" if count == 1 else f"{count} pixels of the mask lie"
        return [
            f"{who} apart, with next to nothing selected (at most {int(outside.max())} of 255): taken for dirt, and "
            "not repainted."
        ]

    def read_canvas(self, rect: Rect) -> Pixels:
        return _pixels(self.canvas, rect, "RGBA")

    def read_layer(self, rect: Rect, layer: str = "") -> Pixels:  # noqa: ARG002 - chosen when it was opened
        return _pixels(self.layer, rect, "RGBA")

    def read_mask(self, rect: Rect) -> Pixels:
        mask = np.zeros(self.canvas.shape[:2], np.uint8) if self.mask is None else self.mask
        return _pixels(mask, rect, "Y")


def blank_document(width: int, height: int) -> FileDocument:
    """A transparent document, for pictures made from words alone."""
    nothing = np.zeros((height, width, 4), np.uint8)
    return FileDocument(canvas=nothing, layer=nothing, merged=nothing)


def open_document(path: Path, *, layer: str | None, mask: str | None) -> FileDocument:
    """Read ``--canvas``, ``--layer`` and ``--mask``.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``, ``image_size_mismatch``.
    """
    data = read_file(path)
    if zipfile.is_zipfile(path) or path.suffix.lower() == ".ora":
        return _open_ora(data, path.name, layer=layer, mask=mask)
    if layer is not None:
        raise VelaturaError("invalid_value", f"{path.name} has no layers. Leave --layer out or give an .ora file.")
    notes: list[str] = []
    canvas = decode_canvas(data, path.name, notes)
    read_mask = None if mask is None else _mask_from_file(mask, canvas.shape[1], canvas.shape[0], notes)
    return FileDocument(canvas=canvas, layer=canvas, mask=read_mask, merged=canvas, notes=tuple(notes))


def _open_ora(data: bytes, name: str, *, layer: str | None, mask: str | None) -> FileDocument:
    painting, stored = decode_ora(data, name)
    marker = painting.layer(mask[len(LAYER_PREFIX) :]) if mask is not None and mask.startswith(LAYER_PREFIX) else None
    notes = painting_notes(painting) + _check_layers(painting, stored, marker)
    merged = render(painting) if stored is None else stored
    canvas = merged
    read_mask = None
    if marker is not None:
        read_mask = np.ascontiguousarray(render_layer(painting, marker)[..., 3])
        if painting.node(marker).is_seen:
            canvas = render(painting, without=marker)  # the marking itself is not a part of the picture
        notes += _notes_on_mask(read_mask, mask or "")
    elif mask is not None:
        read_mask = _mask_from_file(mask, painting.width, painting.height, notes)
    for asked in (layer, None if marker is None else marker.get("name", "")):
        notes += _notes_on_name(painting, asked)
    above = painting.active_layer() if layer is None else painting.layer(layer)
    pixels = canvas if layer is None or above is None else render_layer(painting, above)
    return FileDocument(
        canvas=canvas,
        layer=pixels,
        mask=read_mask,
        painting=painting,
        above=above,
        reads_layer=layer is not None,
        merged=merged,
        notes=tuple(notes),
    )


def _notes_on_name(painting: OraPainting, asked: str | None) -> list[str]:
    count = sum(1 for layer in painting.layers() if asked is not None and layer.get("name", "") == asked)
    if count < 2:
        return []
    return [f"{painting.name} has {count} layers named {quoted(asked or '')}; the topmost of them was taken."]


def _check_layers(painting: OraPainting, stored: Rgba | None, marker: Element | None) -> list[str]:
    """A note on layers that are seen and cannot be read, where the merged picture in the file can stand for them.

    Raises:
        VelaturaError: ``invalid_value`` where it cannot: there is none, or the layer ``marker`` has to be taken out.
    """
    lost = unreadable_layers(painting)
    if not lost:
        return []
    what = f"{painting.name} has layers that cannot be read here: {named(lost)}"
    if stored is None:
        raise VelaturaError(
            "invalid_value",
            f"{what}, and no merged picture to show them by. Hide or delete them, or save the painting again.",
        )
    if marker is not None and painting.node(marker).is_seen:
        raise VelaturaError(
            "invalid_value",
            f"{what}, so that the picture without the layer {quoted(marker.get('name', ''))} is not known. "
            "Hide that layer, and save the painting again.",
        )
    return [f"{what}. The merged picture in the file stands for them, and they stay in it as they are."]


def _mask_from_file(given: str, width: int, height: int, notes: list[str]) -> Mask:
    path = Path(given)
    if given.startswith(LAYER_PREFIX) and not path.exists():
        raise VelaturaError("invalid_value", f"{given} names a layer, but the canvas has none. Give a picture file.")
    mask = decode_mask(read_file(path), path.name, notes)
    if mask.shape != (height, width):
        raise VelaturaError(
            "image_size_mismatch",
            f"The mask {path.name} has {mask.shape[1]} x {mask.shape[0]} pixels, the canvas {width} x {height}. "
            "Make them the same size.",
        )
    notes += _notes_on_mask(mask, path.name)
    return mask


def _notes_on_mask(mask: Mask, name: str) -> list[str]:
    strongest = int(mask.max(initial=0))
    if not 0 < strongest <= DIRT:
        return []
    return [
        f"The mask {name} selects next to nothing: its strongest value is {strongest} of 255. Hardly anything will "
        "change; paint white where the picture shall be repainted."
    ]


def _pixels(picture: np.ndarray, rect: Rect, channels: str) -> Pixels:
    part = np.ascontiguousarray(picture[rect.y : rect.bottom, rect.x : rect.right])
    return Pixels(part.reshape(-1).data, rect.width, rect.height, channels)
