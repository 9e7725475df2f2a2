"""Results in OpenRaster files are seen: the same rule as in an editor, through the real command line and daemon."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from velatura_cli.files.ora import OraPainting, decode_ora
from velatura_cli.files.ora_render import render
from velatura_cli.files.png import encode_png

SIZE = 96
COLOUR = (200, 40, 60)
#: Where the mask is white: rows, columns.
INSIDE = slice(30, 60)


def layer(painting: OraPainting, parent: ElementTree.Element, name: str, rgba: np.ndarray, **attributes: str) -> None:
    """On top of what is in ``parent``; made by some other program."""
    source = f"data/{name}.png"
    painting.files[source] = encode_png(rgba)
    made = ElementTree.Element("layer", {"name": name, "src": source, "x": "0", "y": "0", **attributes})
    parent.insert(0, made)


def solid(*colour: int) -> np.ndarray:
    return np.full((SIZE, SIZE, 4), colour, np.uint8)


def write(painting: OraPainting, folder: Path) -> Path:
    path = folder / "in.ora"
    path.write_bytes(painting.encode(render(painting)))
    return path


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    pixels = np.zeros((SIZE, SIZE), np.uint8)
    pixels[INSIDE, INSIDE] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(pixels).save(path)
    return path


def names(element: ElementTree.Element) -> list:
    """The tree, topmost first, groups as lists."""
    return [child.get("name") if child.tag == "layer" else names(child) for child in element]


def fill(velatura: Callable, source: Path, mask: Path, *more: object) -> OraPainting:
    out = source.with_name("out.ora")
    made = velatura(
        "generate", "--prompt", "new", "--canvas", source, "--mask", mask, "--out", out, "--overwrite", *more
    )
    assert 0 == made.code, made.err
    painting, merged = decode_ora(out.read_bytes(), "out")
    assert merged is not None
    assert np.array_equal(render(painting), merged)
    return painting


@pytest.mark.parametrize(
    "attributes",
    [{"visibility": "hidden"}, {"opacity": "0.5"}, {"composite-op": "svg:multiply"}, {}],
    ids=["hidden", "half", "multiply", "plain"],
)
def test_active_layer_in_a_group(velatura: Callable, tmp_path: Path, mask: Path, attributes: dict[str, str]) -> None:
    """Never into a group that hides, dims or blends; into one that does nothing. The picture shows the result."""
    painting = OraPainting.empty(SIZE, SIZE)
    layer(painting, painting.stack, "ground", solid(250, 250, 250, 255))
    group = ElementTree.Element("stack", {"name": "group", **attributes})
    painting.stack.insert(0, group)
    layer(painting, group, "inner", solid(10, 200, 10, 255), selected="true")
    made = fill(velatura, write(painting, tmp_path), mask)

    expected = [["new", "inner"], "ground"] if not attributes else ["new", ["inner"], "ground"]
    assert expected == names(made.stack)
    assert {COLOUR} == {tuple(pixel) for pixel in render(made)[INSIDE, INSIDE, :3].reshape(-1, 3).tolist()}


def test_two_in_a_row(velatura: Callable, tmp_path: Path, mask: Path) -> None:
    """The second stands above the first and above what hides it; the layer that was selected stays selected."""
    painting = OraPainting.empty(SIZE, SIZE)
    layer(painting, painting.stack, "ground", solid(250, 250, 250, 255), selected="true")
    ink = solid(0, 0, 0, 0)
    ink[40:50, 40:50] = (0, 0, 0, 255)
    layer(painting, painting.stack, "ink", ink)
    layer(painting, painting.stack, "frame", solid(0, 0, 0, 0))
    first = fill(velatura, write(painting, tmp_path), mask)
    assert ["frame", "new", "ink", "ground"] == names(first.stack)

    again = tmp_path / "in.ora"
    again.write_bytes((tmp_path / "out.ora").read_bytes())
    second = fill(velatura, again, mask)
    assert ["frame", "new", "new", "ink", "ground"] == names(second.stack)
    assert ["ground"] == [each.get("name") for each in second.layers() if each.get("selected") == "true"]
    assert second.layers()[1].get("src") != first.layers()[1].get("src")


def test_refined_layer_keeps_its_group(velatura: Callable, tmp_path: Path, mask: Path) -> None:
    """A layer that was chosen: the result stands above it inside its group, whatever that does."""
    painting = OraPainting.empty(SIZE, SIZE)
    layer(painting, painting.stack, "ground", solid(250, 250, 250, 255))
    group = ElementTree.Element("stack", {"name": "group", "opacity": "0.5"})
    painting.stack.insert(0, group)
    layer(painting, group, "inner", solid(10, 200, 10, 255))
    made = fill(velatura, write(painting, tmp_path), mask, "--layer", "inner")

    assert [["new", "inner"], "ground"] == names(made.stack)


def test_the_layer_that_marks_does_not_hide_the_result(velatura: Callable, tmp_path: Path) -> None:
    """A white blot on a layer of its own says where; the result stands above it."""
    painting = OraPainting.empty(SIZE, SIZE)
    layer(painting, painting.stack, "ground", solid(10, 200, 10, 255), selected="true")
    blot = solid(0, 0, 0, 0)
    blot[INSIDE, INSIDE] = 255
    layer(painting, painting.stack, "here", blot)
    made = fill(velatura, write(painting, tmp_path), "layer:here")

    assert ["new", "here", "ground"] == names(made.stack)


def test_a_missing_file_is_not_replaced_by_the_result(velatura: Callable, tmp_path: Path, mask: Path) -> None:
    """A hidden layer whose file is gone still names it afterwards, and the result has another name."""
    painting = OraPainting.empty(SIZE, SIZE)
    layer(painting, painting.stack, "ground", solid(10, 200, 10, 255), selected="true")
    lost = ElementTree.Element("layer", {"name": "lost", "src": "data/layer1.png", "visibility": "hidden"})
    painting.stack.insert(0, lost)
    made = fill(velatura, write(painting, tmp_path), mask)

    assert len({each.get("src") for each in made.layers()}) == 3
    assert made.data_of(made.layer("lost")) is None
