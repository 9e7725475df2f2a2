"""What refining begins with: the active layer, or the visible picture where that layer cannot be meant."""

import numpy as np
import pytest
from layered_document import LayeredDocument, Node

from velatura_client.refining import layer_to_refine
from velatura_protocol.images import Rect

WIDTH, HEIGHT = 64, 48
LEFT, RIGHT = Rect(0, 0, 40, HEIGHT), Rect(40, 0, 24, HEIGHT)


def paint(name: str, rect: Rect = Rect(0, 0, WIDTH, HEIGHT), alpha: int = 255, **settings: object) -> Node:  # noqa: B008
    rgba = np.full((rect.height, rect.width, 4), (90, 120, 30, alpha), np.uint8)
    return Node(name, rgba, rect.x, rect.y, **settings)


def refined(nodes: list[Node], active: str, area: Rect | None = None) -> str:
    """Name of the layer, "" = the visible picture."""
    document = LayeredDocument(WIDTH, HEIGHT, nodes)
    document.active = next(node.key for node in document.every() if node.name == active)
    key = layer_to_refine(document, area)
    return next((node.name for node in document.every() if node.key == key), "")


def test_a_layer_that_is_seen_is_meant() -> None:
    """Alone, in a group, beneath something that hides a part of it or shines through."""
    half = Rect(0, 0, WIDTH // 2, HEIGHT)
    assert "boat" == refined([paint("sea"), paint("boat", Rect(5, 5, 20, 20))], "boat")
    assert "boat" == refined([Node("group", children=[paint("boat")]), paint("above", half)], "boat")
    assert "boat" == refined([paint("boat"), paint("glass", alpha=254)], "boat")
    assert "boat" == refined([paint("boat"), paint("blended", operation="svg:multiply")], "boat")
    assert "boat" == refined([paint("boat"), paint("hidden", is_visible=False)], "boat")


@pytest.mark.parametrize(
    ("nodes", "active"),
    [
        ([paint("sea"), paint("empty", alpha=0)], "empty"),
        ([paint("sea"), paint("boat", Rect(WIDTH + 5, 0, 10, 10))], "boat"),
        ([paint("sea"), paint("boat", is_visible=False)], "boat"),
        ([paint("sea"), paint("boat", opacity=0.0)], "boat"),
        ([paint("sea"), Node("group", children=[paint("boat")], is_visible=False)], "boat"),
        ([paint("boat"), paint("result")], "boat"),
        (
            [
                paint("boat"),
                Node("group", children=[paint("left", Rect(0, 0, 40, 48)), paint("right", Rect(40, 0, 24, 48))]),
            ],
            "boat",
        ),
        ([paint("sea"), Node("filter", inverts=True)], "filter"),
        ([paint("sea"), Node("group")], "group"),
        ([paint("sea"), Node("group", children=[paint("empty", alpha=0)])], "group"),
        ([Node("group", children=[paint("boat")]), paint("result")], "group"),
    ],
    ids=range(11),
)
def test_a_layer_that_shows_nothing_is_not_meant(nodes: list[Node], active: str) -> None:
    """Empty, beside the canvas, hidden by its eye or its group's, covered by one or by two, without pixels."""
    assert "" == refined(nodes, active)


def test_the_selection_counts() -> None:
    """A layer with paint elsewhere only, or covered just there, is not what is refined."""
    boat = Rect(5, 5, 10, 10)
    assert "boat" == refined([paint("sea"), paint("boat", boat)], "boat", Rect(0, 0, 20, 20))
    assert "" == refined([paint("sea"), paint("boat", boat)], "boat", Rect(30, 30, 10, 10))
    assert "" == refined([paint("sea"), paint("cover", Rect(20, 20, 20, 20))], "sea", Rect(25, 25, 5, 5))


def test_a_group_is_meant_as_a_whole() -> None:
    """As soon as something that it holds is seen."""
    group = Node("group", children=[paint("empty", alpha=0), paint("boat", Rect(5, 5, 10, 10))])
    assert "group" == refined([paint("sea"), group], "group")
