"""A layer that was made is known again: where it is now, and whether somebody has touched it."""

import numpy as np
import pytest
from layered_document import LayeredDocument, Node

from velatura_client.editor import NewLayer, Pixels
from velatura_client.geometry import TURNS, UNCHANGED, Transform, laid_onto
from velatura_client.layer_notes import NOTES, layer_note, note_layers, transform_since, untouched_results
from velatura_protocol.images import Rect
from velatura_protocol.request import GenerationRequest

WIDTH, HEIGHT = 160, 120
PLACE = Rect(30, 20, 64, 40)
REQUEST = GenerationRequest(
    task="inpaint", model="m", canvas_width=WIDTH, canvas_height=HEIGHT, region=Rect(0, 0, WIDTH, HEIGHT)
)
MARK = "30,20,64,40,abc"


def made(seed: int = 0) -> tuple[LayeredDocument, str]:
    """A document with a layer of ours that has a soft edge and other colours in each corner."""
    random = np.random.default_rng(seed)
    corners = random.integers(0, 256, (2, 2, 3)).astype(float)
    y, x = np.mgrid[0 : PLACE.height, 0 : PLACE.width] / (PLACE.height, PLACE.width)[0]
    across, down = np.clip(x, 0, 1)[..., None], np.clip(y, 0, 1)[..., None]
    top, bottom = (corners[row, 0] * (1 - across) + corners[row, 1] * across for row in (0, 1))
    rgba = np.zeros((PLACE.height, PLACE.width, 4), np.uint8)
    rgba[..., :3] = top * (1 - down) + bottom * down
    rgba[3:-3, 3:-3, 3] = 255
    rgba[rgba[..., 3] == 0] = 0  # the stand-in composes what it reads, and then nothing has no colour
    layer = NewLayer("made", Pixels(rgba.reshape(-1).data, PLACE.width, PLACE.height, "RGBA"), PLACE.x, PLACE.y, "{}")
    document = LayeredDocument(WIDTH, HEIGHT, [Node("ground", np.full((HEIGHT, WIDTH, 4), 255, np.uint8))])
    key = document.insert_layer(layer, above="")
    note_layers(document, {key: layer}, selection=MARK, transform=UNCHANGED)
    return document, key


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("scale", [1, 2])
def test_the_whole_picture_was_changed(number: int, scale: int) -> None:
    """All eight turns, as large as before or double: the request's region is where the layer is."""
    document, key = made(number)
    turn = TURNS[number]
    width, height = (HEIGHT * scale, WIDTH * scale) if turn.transposed else (WIDTH * scale, HEIGHT * scale)
    change = laid_onto(Rect(0, 0, WIDTH, HEIGHT), Rect(0, 0, width, height), turn)
    document.change(change, width, height)
    found = transform_since(document, key, REQUEST)

    assert found is not None
    assert turn == found.turn
    now, expected = found.rect(PLACE), change.rect(PLACE)
    assert max(abs(now.x - expected.x), abs(now.y - expected.y), abs(now.right - expected.right)) <= 2


def test_the_layer_alone_was_moved() -> None:
    """Somebody dragged it elsewhere: it is followed."""
    document, key = made()
    document.find(key).x += 25
    document.find(key).y -= 11

    assert Transform(x=25, y=-11) == transform_since(document, key, REQUEST)


def test_a_part_was_erased() -> None:
    """It has not been moved; where it was made is where it is made again."""
    document, key = made()
    node = document.find(key)
    node.rgba = node.rgba.copy()
    node.rgba[:, :40] = 0

    assert UNCHANGED == transform_since(document, key, REQUEST)


@pytest.mark.parametrize(("x", "y"), [(-PLACE.x - 30, -5), (-7, -PLACE.y - 20), (-PLACE.x - 30, -PLACE.y - 20), (9, 0)])
def test_the_picture_was_cropped_through_it(x: int, y: int) -> None:
    """What is left of it has moved with the picture, and so has the place to make it at again."""
    document, key = made()
    document.change(Transform(x=x, y=y), PLACE.right + 9 - 25 if x > 0 else WIDTH, HEIGHT, clips=True)

    assert Transform(x=x, y=y) == transform_since(document, key, REQUEST)


def test_all_of_it_was_erased() -> None:
    """In a picture of the same size it is made again where it was; of another size nobody knows."""
    document, key = made()
    document.find(key).rgba = np.zeros_like(document.find(key).rgba)
    assert UNCHANGED == transform_since(document, key, REQUEST)
    document.width += 1
    assert transform_since(document, key, REQUEST) is None


def test_without_a_note() -> None:
    """An older document: the same size counts as unchanged; of another size nobody knows."""
    document, key = made()
    document.keep_attachment(NOTES, b"{}")
    assert UNCHANGED == transform_since(document, key, REQUEST)
    document.width += 1
    assert transform_since(document, key, REQUEST) is None


def test_untouched_results() -> None:
    """Those of the same selection that nobody has painted on, moved, hidden or deleted."""
    document, key = made()
    assert (key,) == tuple(untouched_results(document, MARK))
    assert () == tuple(untouched_results(document, "another selection"))
    node = document.find(key)
    whole = node.rgba
    node.rgba = whole.copy()
    node.rgba[20, 20] = (1, 2, 3, 255)
    assert () == tuple(untouched_results(document, MARK))
    node.rgba, node.x = whole, node.x + 1
    assert () == tuple(untouched_results(document, MARK))
    node.x -= 1
    node.is_visible = False
    assert () == tuple(untouched_results(document, MARK))
    node.is_visible = True
    assert (key,) == tuple(untouched_results(document, MARK))
    document.nodes.remove(node)
    assert () == tuple(untouched_results(document, MARK))


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"not json",
        b'{"KEY": 5}',
        b'{"KEY": {"place": [1]}}',
        b'{"KEY": {"place": [1, 2, 3, 4], "bounds": []}}',
    ],
)
def test_damaged_notes_are_none(damage: bytes) -> None:
    """What another program or version wrote there stops nothing."""
    document, key = made()
    document.keep_attachment(NOTES, damage.replace(b"KEY", key.encode()))

    assert layer_note(document, key) is None
    assert () == tuple(untouched_results(document, MARK))
    assert UNCHANGED == transform_since(document, key, REQUEST)
