"""What is done to the whole picture while a job runs is followed by its result."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from layered_document import LayeredDocument, Node
from PIL import Image, ImageDraw

from velatura_client.anchor import anchor
from velatura_client.editor import Pixels
from velatura_client.geometry import TURNS, Transform, laid_onto
from velatura_protocol.images import Rect

WIDTH, HEIGHT = 320, 240
REGION = Rect(40, 130, 64, 48)


def painting(seed: int, *, is_blank: bool = False) -> LayeredDocument:
    """A white ground, a scene on a layer of its own, and three things on small layers."""
    random = np.random.default_rng(seed)
    ground = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    if is_blank:
        return LayeredDocument(WIDTH, HEIGHT, [Node("ground", ground)])
    scene = Image.new("RGBA", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(scene)
    for _ in range(30):
        x, y = (int(value) for value in random.integers(0, (WIDTH, HEIGHT)))
        size, colour = int(random.integers(20, 90)), tuple(int(value) for value in random.integers(0, 256, 3))
        draw.ellipse((x - size // 2, y - size // 2, x + size // 2, y + size // 2), fill=(*colour, 255))
    things = []
    for number in range(3):
        width, height = (int(value) for value in random.integers(20, 60, 2))
        rgba = np.full((height, width, 4), (*random.integers(0, 256, 3), 255), np.uint8)
        x, y = int(random.integers(0, WIDTH - width)), int(random.integers(0, HEIGHT - height))
        things.append(Node(f"thing {number}", rgba, x, y))
    return LayeredDocument(WIDTH, HEIGHT, [Node("ground", ground), Node("scene", np.asarray(scene).copy()), *things])


@dataclass(frozen=True)
class Change:
    transform: Transform
    width: int
    height: int
    clips: bool = False


def turned(number: int) -> Change:
    turn = TURNS[number]
    width, height = (HEIGHT, WIDTH) if turn.transposed else (WIDTH, HEIGHT)
    return Change(laid_onto(Rect(0, 0, WIDTH, HEIGHT), Rect(0, 0, width, height), turn), width, height)


def scaled(width: int, height: int) -> Change:
    return Change(laid_onto(Rect(0, 0, WIDTH, HEIGHT), Rect(0, 0, width, height)), width, height)


CHANGES = {
    "nothing": Change(Transform(), WIDTH, HEIGHT),
    "half": scaled(160, 120),
    "double": scaled(640, 480),
    "odd": scaled(333, 250),
    "uneven": scaled(320, 300),
    "crop": Change(Transform(x=-30, y=-100), 200, 120, clips=True),
    "crop of the corner": Change(Transform(x=-20, y=-90), 300, 150, clips=True),
    "resize": Change(Transform(x=50, y=20), 420, 300),
    "smaller canvas": Change(Transform(x=-10, y=-60), 250, 170),
    **{f"turn {number}": turned(number) for number in range(1, 8)},
}


def placed(document: LayeredDocument, traces: object) -> tuple[Rect, object] | None:
    found = traces.transform(document, REGION)
    return None if found is None else (found.rect(REGION), found.turn)


def close_to(one: Rect, other: Rect) -> bool:
    return all(
        abs(a - b) <= 1
        for a, b in ((one.x, other.x), (one.y, other.y), (one.right, other.right), (one.bottom, other.bottom))
    )


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("meanwhile", ["nothing", "painted", "flattened"])
def test_changes_are_followed(name: str, meanwhile: str) -> None:
    """Scaled, cropped, enlarged, turned, mirrored; while somebody paints, or flattens the picture: the region is where
    its content is, and turned as that."""
    change = CHANGES[name]
    for seed in range(2):
        document = painting(seed)
        traces = anchor(document)
        if meanwhile == "painted":
            stroke = np.full((30, 150, 4), (200, 20, 20, 255), np.uint8)
            document.nodes.append(Node("stroke", stroke, 60, 50))
        if meanwhile == "flattened":
            document.flatten()
        document.change(change.transform, change.width, change.height, clips=change.clips)
        found = traces.transform(document, REGION)

        assert found is not None, seed
        assert close_to(change.transform.rect(REGION), found.rect(REGION)), seed
        assert change.transform.turn == found.turn, seed


@pytest.mark.parametrize("name", CHANGES)
def test_undone_changes_are_not_followed(name: str) -> None:
    """What the picture is when the result comes counts, not what was done and undone before."""
    document = painting(1)
    traces = anchor(document)
    change = CHANGES[name]
    before = [(node, node.rgba, node.x, node.y) for node in document.every()]
    document.change(change.transform, change.width, change.height)
    traces.transform(document, REGION)
    for node, rgba, x, y in before:
        node.rgba, node.x, node.y = rgba, x, y
    document.width, document.height = WIDTH, HEIGHT

    assert Transform() == traces.transform(document, REGION)


def test_two_changes_at_once() -> None:
    """Scaled to half, then turned by a quarter, then cropped: one transform explains it all."""
    document = painting(2)
    traces = anchor(document)
    half = scaled(160, 120)
    document.change(half.transform, 160, 120)
    quarter = laid_onto(Rect(0, 0, 160, 120), Rect(0, 0, 120, 160), TURNS[5])
    document.change(quarter, 120, 160)
    crop = Transform(x=-2, y=-3)
    document.change(crop, 116, 152, clips=True)
    expected = crop.after(quarter).after(half.transform)
    found = traces.transform(document, REGION)

    assert found is not None
    assert expected.turn == found.turn
    assert close_to(expected.rect(REGION), found.rect(REGION))


def test_painting_over_everything_is_no_change() -> None:
    """A new opaque layer over all of it, hidden layers, other colours: the picture has not moved."""
    document = painting(3)
    traces = anchor(document)
    document.nodes.append(Node("new", np.full((HEIGHT, WIDTH, 4), (1, 2, 3, 255), np.uint8)))
    for node in document.nodes[1:3]:
        node.is_visible = False

    assert Transform() == traces.transform(document, REGION)


def test_blank_pictures() -> None:
    """Nothing is seen that could tell: scaled evenly is followed, a crop is not guessed, unless the selection tells."""
    document = painting(0, is_blank=True)
    traces = anchor(document)
    document.change(scaled(160, 120).transform, 160, 120)
    assert Rect(20, 65, 32, 24) == traces.transform(document, REGION).rect(REGION)

    document = painting(0, is_blank=True)
    traces = anchor(document)
    document.change(Transform(x=-30, y=-100), 200, 120, clips=True)
    assert traces.transform(document, REGION) is None

    document = painting(0, is_blank=True)
    document.selected = np.zeros((HEIGHT, WIDTH), np.uint8)
    document.selected[REGION.y : REGION.bottom, REGION.x : REGION.right] = 255
    traces = anchor(document)
    document.change(Transform(x=-30, y=-100), 200, 120, clips=True)
    assert Rect(10, 30, 64, 48) == traces.transform(document, REGION).rect(REGION)


def test_what_cannot_be_followed_is_not_guessed() -> None:
    """Another picture of another size altogether."""
    document = painting(4)
    traces = anchor(document)
    other = painting(5)
    other.change(scaled(200, 190).transform, 200, 190)
    document.nodes, document.width, document.height = other.nodes, 200, 190

    assert traces.transform(document, REGION) is None


@pytest.mark.parametrize("seed", range(4))
def test_what_is_no_such_change_waits(seed: int) -> None:
    """Sheared by 10 and 20 degrees, turned by 30: no rectangle of before is one now, and nothing is guessed."""
    for degrees in (10, 20):
        slope = math.tan(math.radians(degrees))
        width = int(WIDTH + HEIGHT * slope)
        shear = (1, -slope, 0, 0, 1, 0)
        document = painting(seed)
        traces = anchor(document)
        redraw(document, lambda whole, to=(width, HEIGHT), by=shear: whole.transform(to, Image.Transform.AFFINE, by))
        assert traces.transform(document, REGION) is None, degrees

    document = painting(seed)
    traces = anchor(document)
    redraw(document, lambda whole: whole.rotate(30, expand=True, resample=Image.Resampling.BILINEAR))
    assert traces.transform(document, REGION) is None


def redraw(document: LayeredDocument, change: Callable[[Image.Image], Image.Image]) -> None:
    """Each layer by a function of a picture of the canvas' size."""
    for node in document.every():
        whole = Image.new("RGBA", (WIDTH, HEIGHT))
        whole.paste(Image.fromarray(node.rgba), (node.x, node.y))
        changed = change(whole)
        node.rgba, node.x, node.y = np.asarray(changed).copy(), 0, 0
    document.width, document.height = changed.size


def test_wrapped_around() -> None:
    """Offset of the whole image, which comes in again on the other side: followed where the region is whole."""
    document = painting(6)
    traces = anchor(document)
    document.flatten()
    document.nodes[0].rgba = np.roll(document.nodes[0].rgba, (25, 35), (0, 1))
    found = traces.transform(document, REGION)
    assert Rect(75, 155, 64, 48) == found.rect(REGION)

    document.nodes[0].rgba = np.roll(document.nodes[0].rgba, 200, 1)  # now the region is cut in two
    assert traces.transform(document, REGION) is None


class Counting(LayeredDocument):
    """Counts how often the picture is read."""

    reads = 0
    largest = 0

    def read_canvas(self, rect: Rect, without: Sequence[str] = ()) -> Pixels:
        self.reads += 1
        self.largest = max(self.largest, rect.width * rect.height)
        return super().read_canvas(rect, without)


@pytest.mark.parametrize("change", ["double", "painted"])
def test_many_layers_are_not_many_more_looks(change: str) -> None:
    """Each layer explains the change in some ways of its own. Only explanations that may be right are looked at."""
    nodes = painting(9).nodes
    for number in range(60):
        rgba = np.full((20 + number, 15 + number, 4), (number * 4, 200 - number, 7, 255), np.uint8)
        nodes.append(Node(f"small {number}", rgba, number * 37 % 200, number * 53 % 150))
    document = Counting(WIDTH, HEIGHT, nodes)
    traces = anchor(document)
    expected = CHANGES[change].transform if change in CHANGES else Transform()
    if change in CHANGES:
        document.change(expected, CHANGES[change].width, CHANGES[change].height)
    else:
        document.nodes[-1].rgba = np.full((120, 160, 4), (1, 2, 3, 255), np.uint8)
    document.reads = 0
    found = traces.transform(document, REGION)

    assert expected.rect(REGION) == found.rect(REGION)
    # the traces are that many points; every layer draws a dozen explanations, and there are more than 60 layers
    assert document.reads < 32 * len(traces.samples)


def test_fine_textures_are_scaled() -> None:
    """Their colours are lost by that. The layers' bounds tell, and the whole picture is not searched for moved rows."""
    nodes = painting(9).nodes
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    noise[..., 3] = 255
    nodes.insert(2, Node("noise", noise))
    document = Counting(WIDTH, HEIGHT, nodes)
    traces = anchor(document)
    document.change(CHANGES["half"].transform, 160, 120)
    document.largest = 0

    assert CHANGES["half"].transform.rect(REGION) == traces.transform(document, REGION).rect(REGION)
    assert 1 == document.largest
