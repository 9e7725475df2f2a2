"""OpenRaster paintings: read, extended by layers, written.

Layers that are not touched keep their PNG files byte for byte, and stack.xml its unknown attributes.
https://www.openraster.org/
"""

import io
import zipfile
from pathlib import PurePosixPath
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from velatura_protocol.errors import VelaturaError

from .picture import Rgba, check_size, decode_rgba
from .png import encode_png

MIMETYPE = b"image/openraster"
STACK_FILE = "stack.xml"
MERGED_FILE = "mergedimage.png"
THUMBNAIL_FILE = "Thumbnails/thumbnail.png"
THUMBNAIL_SIDE = 256
#: Bytes of everything in the archive together, and of stack.xml: a few kB can claim to be many GB.
LARGEST_CONTENT = 1 << 30
LARGEST_STACK = 4 << 20
LARGEST_COUNT = 4096
#: Depth of nested stacks.
DEEPEST = 64

Element = ElementTree.Element


class OraPainting:
    """``root``: the ``image`` element of stack.xml; ``files``: the archive's other files by name."""

    def __init__(self, root: Element, files: dict[str, bytes], name: str) -> None:
        self.root = root
        self.files = files
        self.name = name
        self.width, self.height = _canvas_size(root, name)
        self.stack = _root_stack(root, name)

    @classmethod
    def empty(cls, width: int, height: int) -> "OraPainting":
        root = ElementTree.Element("image", {"version": "0.0.3", "w": str(width), "h": str(height)})
        ElementTree.SubElement(root, "stack")
        return cls(root, {}, "the new painting")

    def layers(self) -> list[Element]:
        """Every layer, topmost first, whatever stack it is in."""
        return list(self.stack.iter("layer"))

    def layer(self, name: str) -> Element:
        """The topmost layer of this name.

        Raises:
            VelaturaError: ``invalid_value``, with the names that there are.
        """
        for layer in self.layers():
            if layer.get("name", "") == name:
                return layer
        names = ", ".join(repr(layer.get("name", "")) for layer in self.layers()[:20]) or "none"
        raise VelaturaError("invalid_value", f"{self.name} has no layer named {name!r}. Its layers are: {names}.")

    def active_layer(self) -> Element | None:
        """The layer that was selected when the painting was saved, else the topmost; None when there is none."""
        layers = self.layers()
        selected = [layer for layer in layers if layer.get("selected") == "true"]
        return (selected or layers or [None])[0]

    def pixels(self, layer: Element) -> tuple[Rgba, int, int]:
        """A layer's own picture and the place of its top left corner in the canvas, which it may overhang.

        Raises:
            VelaturaError: ``invalid_value``, ``image_too_large``.
        """
        source = layer.get("src", "")
        if source not in self.files:
            raise VelaturaError("invalid_value", f"{self.name} lacks the file {source!r} of a layer. It is damaged.")
        rgba = decode_rgba(self.files[source], f"{self.name}, {source}")
        return rgba, integer(layer, "x", self.name), integer(layer, "y", self.name)

    def insert(self, name: str, png: bytes, x: int, y: int, *, above: Element | None) -> Element:
        """A new, selected layer above another one (None: on top of all), with the picture ``png``."""
        number = 0
        while f"data/layer{number}.png" in self.files:
            number += 1
        source = f"data/layer{number}.png"
        self.files[source] = png
        for layer in self.layers():
            layer.attrib.pop("selected", None)
        attributes = {"name": name, "src": source, "x": str(x), "y": str(y), "opacity": "1.0", "visibility": "visible"}
        made = ElementTree.Element("layer", {**attributes, "composite-op": "svg:src-over", "selected": "true"})
        parent = next((stack for stack in self.stack.iter("stack") if above is not None and above in stack), self.stack)
        parent.insert(0 if above is None else list(parent).index(above), made)
        return made

    def encode(self, merged: Rgba) -> bytes:
        """The archive. ``merged``: what the whole painting looks like."""
        thumbnail = Image.fromarray(merged)
        thumbnail.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        ElementTree.indent(self.root)
        stack = ElementTree.tostring(self.root, encoding="UTF-8", xml_declaration=True)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("mimetype", MIMETYPE)  # first and uncompressed: that is how the type is recognised
            archive.writestr(STACK_FILE, stack, zipfile.ZIP_DEFLATED)
            for name, data in self.files.items():
                archive.writestr(name, data)
            archive.writestr(MERGED_FILE, encode_png(merged))
            archive.writestr(THUMBNAIL_FILE, encode_png(np.asarray(thumbnail)))
        return stream.getvalue()


def decode_ora(data: bytes, name: str) -> tuple[OraPainting, Rgba | None]:
    """The painting, and the merged picture that its writer stored, None when that is missing or of another size.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """
    files = _read_archive(data, name)
    if files.pop("mimetype", b"").strip() != MIMETYPE:
        raise _damaged(name, "it does not say that it is OpenRaster")
    stack = files.pop(STACK_FILE, None)
    merged_png = files.pop(MERGED_FILE, None)
    files.pop(THUMBNAIL_FILE, None)
    if stack is None or len(stack) > LARGEST_STACK:
        raise _damaged(name, f"it has no usable {STACK_FILE}")
    painting = OraPainting(_parse(stack, name), files, name)
    if merged_png is None:
        return painting, None
    merged = decode_rgba(merged_png, f"{name}, {MERGED_FILE}")
    return painting, merged if merged.shape[:2] == (painting.height, painting.width) else None


def integer(element: Element, attribute: str, name: str, default: int = 0) -> int:
    """A whole number of stack.xml; programs write it as ``12`` or ``12.0``.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    text = element.get(attribute)
    try:
        return default if text is None else int(float(text))
    except (ValueError, OverflowError):
        raise _damaged(name, f"{attribute} of a layer is {text!r}") from None


def _read_archive(data: bytes, name: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > LARGEST_COUNT or sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
                raise VelaturaError("image_too_large", f"{name} unpacks to more than {LARGEST_CONTENT} bytes.")
            for entry in entries:
                parts = PurePosixPath(entry.filename.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename:
                    raise _damaged(name, "it names files outside itself")
            # read stops at the size that was declared and checked above
            return {entry.filename: archive.read(entry) for entry in entries}
    except VelaturaError:
        raise
    except Exception as error:  # noqa: BLE001 - unpackers that are fed damaged bytes raise nearly anything
        raise _damaged(name, type(error).__name__) from None


def _parse(stack: bytes, name: str) -> Element:
    if b"<!DOCTYPE" in stack or b"<!ENTITY" in stack:
        raise _damaged(name, f"{STACK_FILE} defines entities")
    try:
        root = ElementTree.fromstring(stack)  # noqa: S314 - without entities there is nothing to expand
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _damaged(name, f"{STACK_FILE}: {error}") from None
    if _depth(root) > DEEPEST:
        raise _damaged(name, "its stacks are nested too deeply")
    return root


def _depth(root: Element) -> int:
    depth, level = 0, [root]
    while level:
        depth += 1
        level = [child for element in level for child in element]
    return depth


def _canvas_size(root: Element, name: str) -> tuple[int, int]:
    width, height = integer(root, "w", name), integer(root, "h", name)
    check_size(width, height, name)
    return width, height


def _root_stack(root: Element, name: str) -> Element:
    stack = root.find("stack")
    if root.tag != "image" or stack is None:
        raise _damaged(name, f"{STACK_FILE} has no stack")
    return stack


def _damaged(name: str, why: str) -> VelaturaError:
    return VelaturaError("invalid_value", f"{name} is not a usable OpenRaster file: {why}. Save it again.")
