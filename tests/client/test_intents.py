"""Each intent against the real daemon with a test engine: what is asked for, and where the layer lies."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from velatura_cli.bench.memory_editor import MemoryDocument, MemoryEditor
from velatura_client.actions import Actions, Choices
from velatura_client.background import BackgroundClient
from velatura_client.editor import Pixels
from velatura_client.intent import EXTEND, FILL, GENERATE, REFINE, REFINE_SELECTION, likely_intent
from velatura_client.launcher import Launcher
from velatura_protocol.images import Rect

WIDTH, HEIGHT = 400, 300


class Desk:
    def __init__(self, folder) -> None:
        canvas = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
        canvas[..., 3] = 255
        self.document = MemoryDocument(canvas)
        self.editor = MemoryEditor(self.document)
        self.client = BackgroundClient(
            launcher=Launcher(folder=folder), deliver=self.editor.deliver, client_name="test", folder=folder
        )
        self.client.start()
        self.actions = Actions(editor=self.editor, client=self.client)

    def until(self, condition) -> None:
        self.editor.run_until(condition, 60)

    def finish(self) -> dict:
        """The recipe of the layer that came last."""
        self.until(lambda: bool(self.editor.finished or self.editor.errors))
        assert [] == self.editor.errors
        self.editor.finished.clear()
        return json.loads(self.document.inserted[-1].recipe)


@pytest.fixture
def desk(shared_daemon) -> Iterator[Desk]:
    made = Desk(shared_daemon.folder)
    yield made
    made.client.stop()


@pytest.mark.parametrize(
    ("selected", "strength", "hole", "intent"),
    [
        (None, None, None, GENERATE),
        (None, 0.5, None, REFINE),
        (Rect(50, 50, 40, 40), None, None, FILL),
        (Rect(50, 50, 40, 40), 0.5, None, REFINE_SELECTION),
        (Rect(50, 50, 40, 40), 0.5, Rect(60, 60, 2, 2), REFINE_SELECTION),
        (Rect(50, 50, 40, 40), 1.0, Rect(60, 60, 2, 2), EXTEND),
        (Rect(50, 50, 40, 40), 1.0, Rect(0, 0, 50, 50), FILL),
        (Rect(390, 50, 40, 40), 1.0, None, EXTEND),
        (Rect(0, 0, WIDTH, HEIGHT), 1.0, Rect(100, 100, 200, 60), EXTEND),
        (Rect(0, 0, WIDTH, HEIGHT), 1.0, None, FILL),
    ],
)
def test_likely_intent(desk: Desk, selected, strength, hole, intent) -> None:
    """Told from selection, strength, and whether the selection reaches transparent pixels or leaves the canvas."""
    desk.document.selected = selected
    if hole is not None:
        desk.document.canvas[hole.y : hole.bottom, hole.x : hole.right, 3] = 0

    assert intent == likely_intent(desk.document, strength=strength, refines_layer=True).name


def test_extend_beyond_the_canvas(desk: Desk) -> None:
    """The layer lies where the selection is, left of the canvas too; the daemon was given all of the selection."""
    desk.document.selected = Rect(-40, -10, 100, 80)
    desk.actions.extend(Choices(prompt="sea", strength=0.2))
    recipe = desk.finish()

    [layer] = desk.document.inserted
    assert (-40, -10) == (layer.x, layer.y)
    request = recipe["request"]
    assert (WIDTH + 40, HEIGHT + 10) == (request["canvas_width"], request["canvas_height"])
    assert ("blur", 1.0) == (request["inpaint"]["fill"], request["strength"])
    assert {"x": 40, "y": 10, "width": WIDTH, "height": HEIGHT} == request["document"]
    alpha = np.frombuffer(layer.patch.data, np.uint8).reshape(layer.patch.height, layer.patch.width, 4)[..., 3]
    assert 100 * 80 == int((alpha == 255).sum())


def test_fill_paints_the_selection_anew_whatever_the_strength(desk: Desk) -> None:
    desk.document.selected = Rect(50, 50, 40, 40)
    desk.actions.fill(Choices(prompt="sea", strength=0.3))

    assert 1.0 == desk.finish()["request"]["strength"]


def test_refine_what_is_seen(desk: Desk) -> None:
    """The source is the active layer, or the visible picture when that was chosen."""
    read: list[tuple[int, int]] = []

    def read_layer(rect: Rect, _layer: str = "") -> Pixels:
        if rect.width * rect.height > 1:  # not one of the points that a layer is known again by
            read.append((rect.width, rect.height))
        return desk.document.read_canvas(rect)

    desk.document.read_layer = read_layer
    for source in ("canvas", "layer"):
        desk.actions.refine(Choices(prompt="sea", refine_source=source))
        desk.finish()
        desk.document.inserted.clear()

    assert [(WIDTH, HEIGHT)] == read


def test_refine_selection_needs_one(desk: Desk) -> None:
    """Nothing is submitted, and the sentence says what to do."""
    desk.actions.refine_selection(Choices(prompt="sea"))
    desk.until(lambda: bool(desk.editor.errors))

    assert "Nothing is selected" in desk.editor.errors[0][1]
    assert [] == desk.document.inserted


def test_queue_shows_what_is_not_over(desk: Desk) -> None:
    """Two jobs are listed by their prompts; cancelling one leaves the other."""
    first = desk.actions.generate(Choices(prompt="slow sea"))
    second = desk.actions.generate(Choices(prompt="lake"))
    assert [(first, "slow sea"), (second, "lake")] == [(job.job, job.label) for job in desk.editor.queue]
    desk.until(lambda: "Painting" in desk.editor.queue[0].text)
    desk.actions.cancel(first)
    desk.until(lambda: not desk.editor.queue)

    assert ["lake"] == [layer.name for layer in desk.document.inserted]


def test_canvas_is_enlarged_for_what_lies_outside(desk: Desk) -> None:
    """After extending beyond the left and upper border the canvas can hold all of it; then nothing is left to do."""
    desk.document.selected = Rect(-40, -10, 100, 80)
    desk.actions.extend(Choices(prompt="sea"))
    desk.finish()
    desk.actions.enlarge_canvas()

    assert (WIDTH + 40, HEIGHT + 10) == (desk.document.width, desk.document.height)
    assert [f"The canvas has {WIDTH + 40} x {HEIGHT + 10} pixels now."] == [text for _job, text in desk.editor.finished]
