"""Reads OpenRaster paintings as far as the demo needs: the whole picture, the layers, and which one is new."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

WHOLE_PICTURE = "mergedimage.png"
STACK = "stack.xml"


@dataclass(frozen=True)
class Layer:
    """``source``: the layer's PNG inside the file. ``x``, ``y``: pixels from the canvas' upper left corner."""

    name: str
    source: str
    x: int
    y: int
    selected: bool


def layers(painting: Path) -> list[Layer]:
    """All layers, the topmost first."""
    with zipfile.ZipFile(painting) as archive:
        stack = ElementTree.fromstring(archive.read(STACK))  # noqa: S314  (written by this project's own command line)
    return [
        Layer(
            element.get("name", ""),
            element.get("src", ""),
            int(element.get("x", "0")),
            int(element.get("y", "0")),
            element.get("selected") == "true",
        )
        for element in stack.iter("layer")
    ]


def new_layer(painting: Path) -> Layer:
    """The layer that a job has added: it is the active one."""
    return next(layer for layer in layers(painting) if layer.selected)


def size(painting: Path, layer: Layer) -> tuple[int, int]:
    """Width and height of the layer in pixels, from its PNG's header."""
    with zipfile.ZipFile(painting) as archive, archive.open(layer.source) as stream:
        return struct.unpack(">II", stream.read(24)[16:24])


def extract(painting: Path, source: str, target: Path) -> Path:
    """Write one file of the painting to ``target``, and return that."""
    with zipfile.ZipFile(painting) as archive:
        target.write_bytes(archive.read(source))
    return target


def untouched(before: Path, after: Path) -> bool:
    """Whether every layer of ``before`` is in ``after``, at its place and byte for byte."""
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after) as new:
        kept = {(layer.name, layer.x, layer.y): new.read(layer.source) for layer in layers(after)}
        return all(kept.get((layer.name, layer.x, layer.y)) == old.read(layer.source) for layer in layers(before))
