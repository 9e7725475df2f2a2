"""``KritaDocument`` in real Krita, without a daemon."""

import json

import pytest

pytestmark = pytest.mark.krita

#: Model and depth to the greatest difference, of 255, that colours may have after a way through the document's own.
COLOUR_MODELS = {"RGBA U8": 0, "RGBA U16": 1, "RGBA F16": 1, "RGBA F32": 1, "GRAYA U8": 1, "CMYKA U8": 1}


@pytest.fixture(scope="module")
def found(start_krita_once):
    """What ``scripts/document.py`` found, by colour model."""
    outcome = start_krita_once().run("document.py")
    assert outcome.error == ""
    return outcome.values


@pytest.mark.parametrize("model", COLOUR_MODELS)
def test_colours_are_read_as_srgb(found, model):
    """Canvas and layer come as 8-bit sRGB BGRA, whatever colour model and (often linear) profile the document has."""
    opaque, veiled = slice(0, 4), slice(64, 68)
    canvas, layer = found[model]["canvas"], found[model]["layer"]
    painted = [10, 100, 200, 255]
    if model.startswith("RGBA"):
        assert difference(painted, canvas[opaque]) <= COLOUR_MODELS[model]
        assert difference([90, 90, 90, 128], layer[veiled]) <= COLOUR_MODELS[model]
    # two different ways through Krita, so that colours which no RGB document could have shown are checked too
    assert difference(canvas[opaque], layer[opaque]) <= COLOUR_MODELS[model]


@pytest.mark.parametrize("model", COLOUR_MODELS)
def test_selection_is_read_with_its_soft_edge(found, model):
    """The bounds of a feathered selection include the feather, and the mask has its values: 255 = repaint."""
    assert [18, 8, 16, 12] == found[model]["selection"]
    width, height, channels, values = found[model]["mask"]
    assert [16, 12, "Y"] == [width, height, channels]
    assert 255 == values[6 * 16 + 8]
    assert all(0 < value < 255 for value in values[:16])


@pytest.mark.parametrize("model", COLOUR_MODELS)
def test_patch_is_inserted_above_the_active_layer(found, model):
    """It stands above the active layer, shows its colours at its place, keeps its recipe; that one stays active."""
    values = found[model]
    assert ["Background", "colours", "Selection Mask"] == values["layers before"]
    assert ["Background", "colours", "patch", "Selection Mask"] == values["layers after"]
    assert ("colours", "colours") == (values["active"], values["active later"])
    assert {values["patch id"]: '{"seed": 1}'} == json.loads(values["recipes"])
    if model.startswith("RGBA"):
        assert difference([70, 60, 50, 255] * 6, values["patch seen"]) <= COLOUR_MODELS[model]


@pytest.mark.parametrize("model", COLOUR_MODELS)
def test_closed_document_is_noticed(found, model):
    """After closing, ``is_open`` is false, also for a task that comes late."""
    assert (True, False) == (found[model]["open"], found[model]["open after close"])
    assert [False] == found[model]["open to a late task"]


def difference(expected: list[int], actual: list[int]) -> int:
    """The greatest difference of two samples, of 255."""
    assert len(expected) == len(actual)
    return max(abs(a - b) for a, b in zip(expected, actual, strict=True))
