"""OpenRaster paintings: read, extended by layers, written.

Layers that are not touched keep their files byte for byte, and stack.xml its unknown attributes.
https://www.openraster.org/
"""

import io
import zipfile
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .layer_tree import LayerNode, layer_nodes, offset_of, union_of, whole_number
from .names import quoted
from .ora_archive import damaged, read_archive, standing_name
from .picture import Rgba, check_size, decode_rgba, picture_size
from .png import RECIPE_KEY, encode_png
from .png_chunks import has_text
from .stack_file import STACK_FILE, parse_stack

MIMETYPE = b"image/openraster"
MERGED_FILE = "mergedimage.png"
THUMBNAIL_FILE = "Thumbnails/thumbnail.png"
THUMBNAIL_SIDE = 256

Element = ElementTree.Element


class OraPainting:
    """``root``: the ``image`` element of stack.xml; ``files``: the archive's other files, by their names in it."""

    def __init__(self, root: Element, files: dict[str, bytes], name: str) -> None:
        self.root = root
        self.files = files
        self.name = name
        self.width, self.height = _canvas_size(root, name)
        self.stack = _root_stack(root, name)
        self._standing = {standing_name(given): given for given in files}

    @classmethod
    def empty(cls, width: int, height: int) -> "OraPainting":
        root = ElementTree.Element("image", {"version": "0.0.3", "w": str(width), "h": str(height)})
        ElementTree.SubElement(root, "stack")
        return cls(root, {}, "the new painting")

    def nodes(self) -> list[LayerNode]:
        """Every layer and group as it is now, topmost first, each group right before what it holds."""
        return layer_nodes(self.stack)

    def layers(self) -> list[Element]:
        """Every layer, topmost first, whatever stack it is in."""
        return list(self.stack.iter("layer"))

    def node(self, element: Element) -> LayerNode:
        """A layer or group of this painting with what surrounds it. Look up many of them in ``nodes`` instead."""
        return next(node for node in self.nodes() if node.element is element)

    def layer(self, name: str) -> Element:
        """The topmost layer of this name.

        Raises:
            VelaturaError: ``invalid_value``, with the names that there are.
        """
        for layer in self.layers():
            if layer.get("name", "") == name:
                return layer
        names = ", ".join(quoted(layer.get("name", "")) for layer in self.layers()[:20]) or "none"
        raise VelaturaError("invalid_value", f"{self.name} has no layer named {quoted(name)}. Its layers are: {names}.")

    def active_layer(self) -> Element | None:
        """The layer that was selected when the painting was saved, else the topmost; None when there is none."""
        layers = self.layers()
        selected = [layer for layer in layers if layer.get("selected") == "true"]
        return (selected or layers or [None])[0]

    def data_of(self, layer: Element) -> bytes | None:
        """The file with a layer's pixels, however its name is spelled; None when the painting has none."""
        source = layer.get("src", "")
        given = source if source in self.files else self._standing.get(standing_name(source), "")
        return self.files.get(given)

    def bounds(self, node: LayerNode) -> Rect:
        """Where a layer's picture lies on the canvas, which it may overhang; of a group, all that its layers cover.

        Read from the files' headers, without decoding. Of zero width where there is nothing, or nothing readable.
        """
        if node.is_group:
            inside = [one for one in self.nodes() if any(group.element is node.element for group in one.ancestors())]
            parts = [self.bounds(one) for one in inside if not one.is_group]
            return union_of(parts)
        width, height = picture_size(self.data_of(node.element) or b"") or (0, 0)
        return Rect(node.x, node.y, width, height)

    def is_ours(self, node: LayerNode) -> bool:
        """Whether Velatura made the layer: its file holds a recipe. False of a group."""
        return has_text(self.data_of(node.element) or b"", RECIPE_KEY)

    def pixels(self, layer: Element) -> tuple[Rgba, int, int]:
        """A layer's own picture and the place of its top left corner in the canvas, which it may overhang.

        Raises:
            VelaturaError: ``invalid_value``, ``image_too_large``.
        """
        node = self.node(layer)
        return self.picture(node), node.x, node.y

    def picture(self, node: LayerNode) -> Rgba:
        """A layer's own picture, of its own size.

        Raises:
            VelaturaError: ``invalid_value``, ``image_too_large``.
        """
        data = self.data_of(node.element)
        if data is None:
            raise VelaturaError(
                "invalid_value",
                f"{self.name} lacks the file {quoted(node.source)} of the layer {quoted(node.name)}. It is damaged.",
            )
        return decode_rgba(data, f"{self.name}, {quoted(node.source)}", is_layer=True)

    def insert(
        self, name: str, png: bytes, x: int, y: int, *, above: Element | None, inside: Element | None = None
    ) -> Element:
        """A new layer with the picture ``png``. The layer that is selected stays so; if none is, it becomes this one.

        Args:
            x, y: pixels from the canvas' top left corner to the picture's, whatever group it goes into.
            above: the layer or group to put it above; None = on top of all.
            inside: without ``above``, the group to put it on top in; None = the painting itself.
        """
        # a layer whose file is missing must not get this one
        taken = {*self._standing, *(standing_name(layer.get("src", "")) for layer in self.layers())}
        number = len(self.files)
        while f"data/layer{number}.png" in taken:
            number += 1
        source = f"data/layer{number}.png"
        self.files[source] = png
        self._standing[source] = source
        parent = self.stack if inside is None else inside
        if above is not None:
            parent = next((stack for stack in self.stack.iter("stack") if above in stack), self.stack)
        group = None if parent is self.stack else self.node(parent)
        left, top = offset_of(self.stack) if group is None else (group.x, group.y)
        attributes = {"name": name, "src": source, "x": str(x - left), "y": str(y - top)}
        attributes |= {"opacity": "1.0", "visibility": "visible"}
        made = ElementTree.Element("layer", {**attributes, "composite-op": "svg:src-over"})
        if not any(layer.get("selected") == "true" for layer in self.layers()):
            made.set("selected", "true")
        parent.insert(list(parent).index(above) if above is not None and above in parent else 0, made)
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
    files = read_archive(data, name)
    own = {standing_name(given): given for given in files}
    taken = {
        part: files.pop(own[part], None) if part in own else None
        for part in ("mimetype", STACK_FILE, MERGED_FILE, THUMBNAIL_FILE)
    }
    if (taken["mimetype"] or MIMETYPE).strip() != MIMETYPE:
        raise damaged(name, "it says that it is something else")
    stack = taken[STACK_FILE]
    if stack is None:
        raise damaged(name, f"it has no {STACK_FILE}")
    painting = OraPainting(parse_stack(stack, name), files, name)
    merged_png = taken[MERGED_FILE]
    if merged_png is None:
        return painting, None
    try:
        merged = decode_rgba(merged_png, f"{name}, {MERGED_FILE}", is_layer=True)
    except VelaturaError:
        return painting, None  # the layers say the same
    return painting, merged if merged.shape[:2] == (painting.height, painting.width) else None


def _canvas_size(root: Element, name: str) -> tuple[int, int]:
    sides: list[int] = []
    for attribute in ("w", "h"):
        side = whole_number(root.get(attribute, "0"))
        if side is None:
            raise damaged(name, f"{attribute} of the painting is {quoted(root.get(attribute, ''))}")
        sides.append(side)
    check_size(sides[0], sides[1], name)
    return sides[0], sides[1]


def _root_stack(root: Element, name: str) -> Element:
    stack = root.find("stack")
    if root.tag != "image" or stack is None:
        raise damaged(name, f"{STACK_FILE} has no stack")
    return stack
