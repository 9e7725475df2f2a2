"""A layer's recipe gives the same pixels again: real daemon, real model, and all that decided the picture."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_cli.bench.memory_editor import InsertedLayer, MemoryDocument, MemoryEditor
from velatura_client.actions import Actions, Choices, ControlChoice
from velatura_client.background import BackgroundClient
from velatura_client.launcher import Launcher
from velatura_protocol.images import Rect

EDGES = ControlChoice("edges", source="layer", layer="lines", prepared=True)


class Studio:
    """A document with a picture in it and a layer of lines, and the actions on it."""

    def __init__(self, folder) -> None:
        random = np.random.default_rng(5)
        canvas = np.repeat(np.repeat(random.integers(40, 220, (6, 8, 4), np.uint8), 32, 0), 32, 1)
        canvas[..., 3] = 255
        self.document = MemoryDocument(canvas)
        self.editor = MemoryEditor(self.document)
        self.client = BackgroundClient(
            launcher=Launcher(folder=folder), deliver=self.editor.deliver, client_name="test", folder=folder
        )
        self.client.start()
        self.actions = Actions(editor=self.editor, client=self.client)

    def layer(self) -> InsertedLayer:
        """The next layer that is inserted."""
        count = len(self.document.inserted)
        self.editor.run_until(lambda: len(self.document.inserted) > count or bool(self.editor.errors), 120)
        assert [] == self.editor.errors
        return self.document.inserted[-1]


@pytest.fixture
def studio(velatura, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("VELATURA_STATE", str(velatura.state))
    velatura.json("daemon", "start")
    made = Studio(velatura.state)
    yield made
    made.client.stop()


def pixels_of(layer: InsertedLayer) -> NDArray[np.uint8]:
    return np.frombuffer(layer.patch.data, np.uint8).reshape(layer.patch.height, layer.patch.width, 4)


@pytest.mark.parametrize("intent", ["generate", "refine", "fill", "extend"])
@pytest.mark.parametrize("controls", [(), (EDGES,)], ids=["free", "edges"])
def test_again_from_a_layer(studio: Studio, intent: str, controls: tuple) -> None:
    """The same pixels at the same place, although the picture was painted over since."""
    if intent in ("fill", "extend"):
        studio.document.selected = Rect(100, 40, 200 if intent == "extend" else 90, 80)
    choices = Choices(prompt="a red apple", steps=3, controls=controls)
    getattr(studio.actions, intent)(choices)
    first = studio.layer()
    studio.document.canvas[..., :3] = 90
    studio.document.selected = None

    studio.actions.again_from_layer(first.name)
    again = studio.layer()

    assert (first.x, first.y) == (again.x, again.y)
    assert np.array_equal(pixels_of(first), pixels_of(again))


def test_one_of_several(studio: Studio) -> None:
    """Each of three pictures has a seed of its own, and gives itself again."""
    studio.actions.generate(Choices(prompt="a red apple", steps=3, count=3, results="insert"))
    studio.layer()
    second = studio.document.inserted[-2]

    studio.actions.again_from_layer(second.name)

    assert np.array_equal(pixels_of(second), pixels_of(studio.layer()))


def test_without_what_it_was_made_from(studio: Studio) -> None:
    """The present picture is taken, and the person is told so."""
    studio.actions.refine(Choices(prompt="a red apple", steps=3))
    first = studio.layer()
    studio.document.attachments.clear()
    studio.editor.finished.clear()

    studio.actions.again_from_layer(first.name)
    again = studio.layer()

    assert np.array_equal(pixels_of(first), pixels_of(again))
    assert studio.editor.finished[-1][1].endswith("so the present picture was taken.")


def test_a_layer_without_a_recipe(studio: Studio) -> None:
    studio.actions.again_from_layer("painted by hand")

    assert "has no recipe" in studio.editor.errors[0][1]


def test_control_map_as_a_layer(studio: Studio) -> None:
    """Edges of the picture: an opaque layer over all of it, black and white."""
    studio.actions.make_map("edges", Choices())
    layer = studio.layer()

    pixels = pixels_of(layer)
    assert (192, 256) == pixels.shape[:2]
    assert "Edges map" == layer.name
    assert (255, True) == (pixels[..., 3].min(), bool((pixels[..., :3] > 128).any()))
    assert () == studio.editor.history
