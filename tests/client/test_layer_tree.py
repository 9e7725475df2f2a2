"""The layers of an .ora: where each is, what surrounds it, who made it, and where a new one goes."""

import io

import numpy as np
import pytest
from PIL import Image

from velatura_cli.files.layer_tree import layer_nodes, number, whole_number
from velatura_cli.files.ora import OraPainting, decode_ora
from velatura_cli.files.ora_render import render
from velatura_cli.files.png import encode_png
from velatura_cli.files.stack_file import parse_stack
from velatura_protocol.images import Rect

STACK = b"""<image w="60" h="50"><stack x="1">
  <layer name="top" src="a.png" x="2" y="3" composite-op="svg:multiply"/>
  <stack name="outer" x="10" y="20" opacity="0,5">
    <text name="letters"/>
    <stack name="inner" x="100" visibility="hidden">
      <layer name="deep" src="./a.png" x="1000"/>
    </stack>
    <layer name="beside" src="b.jpg" x="-4" y="-4.0" opacity="7"/>
  </stack>
  <stack name="plain"/>
  <stack name="alone" isolation="isolate"/>
</stack></image>"""


def painting() -> OraPainting:
    jpeg = io.BytesIO()
    Image.new("RGB", (9, 7)).save(jpeg, "JPEG")
    files = {"a.png": encode_png(np.zeros((4, 6, 4), np.uint8)), "b.jpg": jpeg.getvalue()}
    return OraPainting(parse_stack(STACK, "x"), files, "x")


def test_nodes_come_as_the_layer_list_shows_them() -> None:
    """Topmost first, a group right before what it holds, with its parents and its depth; text layers are none."""
    nodes = painting().nodes()

    assert [
        ("top", 0, None),
        ("outer", 0, None),
        ("inner", 1, "outer"),
        ("deep", 2, "inner"),
        ("beside", 1, "outer"),
        ("plain", 0, None),
        ("alone", 0, None),
    ] == [(node.name, node.depth, node.parent and node.parent.name) for node in nodes]
    assert ["inner", "outer"] == [group.name for group in nodes[3].ancestors()]
    assert [False, True, True, False, False, True, True] == [node.is_group for node in nodes]


def test_nodes_know_place_and_looks() -> None:
    """Offsets add up from group to group; opacity is bounded and may be written with a comma; hidden groups hide."""
    nodes = {node.name: node for node in painting().nodes()}

    assert (3, 3) == (nodes["top"].x, nodes["top"].y)
    assert (1111, 20) == (nodes["deep"].x, nodes["deep"].y)
    assert (7, 16) == (nodes["beside"].x, nodes["beside"].y)
    assert (0.5, 1.0) == (nodes["outer"].opacity, nodes["beside"].opacity)
    assert (True, False) == (nodes["deep"].is_shown, nodes["deep"].is_seen)
    assert ("svg:multiply", "svg:src-over") == (nodes["top"].operation, nodes["deep"].operation)
    assert {"beside", "deep", "plain", "alone"} == {name for name, node in nodes.items() if node.is_plain}
    assert {"outer", "alone"} == {name for name, node in nodes.items() if node.is_isolated}


def test_bounds_come_from_the_headers() -> None:
    """PNG and JPEG alike; a group covers what its layers do; nothing for an empty one and a file that is missing."""
    whole = painting()
    nodes = {node.name: node for node in whole.nodes()}

    assert Rect(3, 3, 6, 4) == whole.bounds(nodes["top"])
    assert Rect(7, 16, 9, 7) == whole.bounds(nodes["beside"])
    assert Rect(7, 16, 1110, 8) == whole.bounds(nodes["outer"])
    assert whole.bounds(nodes["plain"]).is_empty
    del whole.files["a.png"]
    assert whole.bounds(nodes["deep"]).is_empty


def test_our_layers_are_told_from_others(recipe: dict) -> None:
    """By the recipe in their file; neither a group nor another program's layer has one."""
    whole = painting()
    whole.insert("made", encode_png(np.zeros((4, 6, 4), np.uint8), recipe), 0, 0, above=None)

    assert {"made"} == {node.name for node in whole.nodes() if whole.is_ours(node)}


@pytest.mark.parametrize("group", ["outer", "inner", "plain", None])
def test_new_layer_lies_where_it_was_said_in_any_group(group: str | None) -> None:
    """``x`` and ``y`` are of the canvas, also inside groups that are moved; it is the topmost there and selected."""
    whole = painting()
    inside = next((node.element for node in whole.nodes() if node.name == group), None)
    made = whole.insert("made", encode_png(np.full((4, 6, 4), 255, np.uint8)), 30, 8, above=None, inside=inside)
    again, _merged = decode_ora(whole.encode(np.zeros((50, 60, 4), np.uint8)), "again")
    node = next(node for node in again.nodes() if node.name == "made")

    assert (30, 8) == (node.x, node.y)
    assert group == (node.parent and node.parent.name)
    assert made is (whole.stack if inside is None else inside)[0]
    assert again.active_layer() is node.element


def test_new_layer_goes_above_a_group() -> None:
    """``above`` may be a group: the layer lies beside it, not in it."""
    whole = painting()
    outer = next(node.element for node in whole.nodes() if node.name == "outer")
    whole.insert("made", encode_png(np.zeros((4, 6, 4), np.uint8)), 0, 0, above=outer)

    names = [node.name for node in whole.nodes()]
    assert ["top", "made", "outer"] == names[:3]
    assert whole.nodes()[1].parent is None


def test_group_offset_moves_what_it_holds() -> None:
    """As MyPaint does: a layer at 10, 10 in a group at 50, 20 is painted at 60, 30."""
    stack = b"<image w='80' h='50'><stack><stack x='50' y='20'><layer src='a' x='10' y='10'/></stack></stack></image>"
    whole = OraPainting(parse_stack(stack, "x"), {"a": encode_png(np.full((2, 3, 4), 255, np.uint8))}, "x")

    assert [(30, 60), (31, 62)] == [tuple(edge) for edge in np.argwhere(render(whole)[..., 3])[[0, -1]].tolist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", 0.5),
        ("0,50", 0.5),
        (" 1e0 ", 1.0),
        ("nan", None),
        ("inf", None),
        ("1.2.3", None),
        ("", None),
        ("x", None),
    ],
)
def test_numbers_as_programs_write_them(text: str, expected: float | None) -> None:
    """With a point or a comma; what is no finite number is none."""
    assert expected == number(text)
    assert (None if expected is None else int(expected)) == whole_number(text)


def test_deepest_painting_is_walked() -> None:
    """Sixty groups in each other: no recursion that ends early, every depth is right."""
    stack = b"<image w='4' h='4'><stack>" + b"<stack>" * 60 + b"</stack>" * 60 + b"</stack></image>"
    nodes = layer_nodes(parse_stack(stack, "x")[0])

    assert list(range(60)) == [node.depth for node in nodes]
