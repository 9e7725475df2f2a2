"""Where results go among the layers: on random trees of layers, what arrives is seen."""

import numpy as np
import pytest
from layered_document import LayeredDocument, Node

from velatura_cli.files.blend import NORMAL
from velatura_client.editor import NewLayer, Pixels
from velatura_client.placement import place_above
from velatura_protocol.images import Rect

WIDTH, HEIGHT = 24, 18
RECIPE = '{"recipe": 1}'
OPERATIONS = (NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, "svg:multiply", "svg:screen", "svg:difference")
OPERATIONS += ("svg:dst-out", "svg:dst-in", "svg:dst-atop")


def random_node(random: np.random.Generator, depth: int) -> Node:
    """Groups, filters, hidden, translucent, blending, empty and partly transparent layers, and results of ours."""
    node = Node(f"node {random.integers(1000)}")
    if depth < 3 and random.random() < 0.3:
        node.children = [random_node(random, depth + 1) for _ in range(random.integers(0, 4))]
    elif random.random() < 0.05:
        node.inverts = True
    else:
        width, height = random.integers(1, WIDTH), random.integers(1, HEIGHT)
        node.rgba = random.integers(0, 256, (height, width, 4), np.uint8)
        node.rgba[..., 3] = random.choice(np.array([0, 0, 128, 255], np.uint8), (height, width))
        if random.random() < 0.2:
            node.rgba[..., 3] = 0
        node.x, node.y = random.integers(-6, WIDTH), random.integers(-6, HEIGHT)
        node.recipe = RECIPE if random.random() < 0.3 else ""
    node.is_visible = random.random() < 0.75
    node.opacity = float(random.choice([0.0, 0.5, 1.0, 1.0, 1.0]))
    node.operation = str(random.choice(OPERATIONS))
    return node


def random_result(random: np.random.Generator) -> NewLayer:
    width, height = int(random.integers(1, 14)), int(random.integers(1, 10))
    rgba = random.integers(0, 256, (height, width, 4), np.uint8)
    rgba[..., 3] = random.choice(np.array([0, 100, 255, 255], np.uint8), (height, width))
    pixels = Pixels(rgba.reshape(-1).data, width, height, "RGBA")
    return NewLayer("result", pixels, int(random.integers(-3, WIDTH)), int(random.integers(-3, HEIGHT)), RECIPE)


def shown_as_it_is(document: LayeredDocument, result: NewLayer) -> bool:
    """Whether the picture shows the result wherever it is opaque."""
    rgba = np.frombuffer(result.pixels.data, np.uint8).reshape(result.pixels.height, result.pixels.width, 4)
    canvas = Rect(0, 0, WIDTH, HEIGHT)
    seen = document.rendered()
    for y, x in np.argwhere(rgba[..., 3] == 255).tolist():
        place = Rect(result.x + x, result.y + y, 1, 1)
        if place.intersection(canvas) == place and seen[place.y, place.x].tolist() != rgba[y, x].tolist():
            return False
    return True


def lowered(document: LayeredDocument, key: str) -> bool:
    """Move a layer one place down among its siblings; False when it is the lowest."""
    node = document.find(key)
    assert node is not None
    level = document.siblings(node)
    index = level.index(node)
    if index == 0:
        return False
    level[index - 1], level[index] = level[index], level[index - 1]
    return True


@pytest.mark.parametrize("part", range(10))
def test_what_is_made_from_all_that_is_seen_is_seen(part: int) -> None:
    """In 1,000 random trees: the composed picture shows every opaque pixel of the result; and where it does not stand
    right above the layer or its results, one place lower a pixel of its rectangle would be hidden."""
    higher = 0
    for number in range(100):
        random = np.random.default_rng((part, number))
        document = LayeredDocument(WIDTH, HEIGHT, [random_node(random, 0) for _ in range(random.integers(1, 6))])
        every = list(document.every())
        layer = every[random.integers(len(every))]
        result = random_result(random)
        covered = result.rect.intersection(Rect(0, 0, WIDTH, HEIGHT))
        above = place_above(document, layer.key, covered, shall_be_seen=True)
        key = document.insert_layer(result, above=above)

        assert shown_as_it_is(document, result), (part, number)
        beneath = document.find(above)
        assert beneath is not None
        stands_by = beneath is layer or beneath.recipe or beneath.kind == "group"
        if not stands_by and lowered(document, key):
            higher += 1
            solid = np.full((result.rect.height, result.rect.width, 4), (9, 99, 199, 255), np.uint8)
            document.find(key).rgba = solid
            assert not shown_as_it_is(document, NewLayer("", _pixels(solid), result.x, result.y)), (part, number)
    assert higher > 0  # the second half was tried


def _pixels(rgba: np.ndarray) -> Pixels:
    return Pixels(rgba.reshape(-1).data, rgba.shape[1], rgba.shape[0], "RGBA")
