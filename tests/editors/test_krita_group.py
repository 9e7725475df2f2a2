"""Groups of results, what is kept with layers, and what is read of layers and selections, in real Krita."""

import pytest

pytestmark = pytest.mark.krita

WHITE, RED, GREEN, NOTHING = [255] * 4, [0, 0, 255, 255], [0, 255, 0, 255], [0] * 4
BROWN = [90, 80, 70, 255]
LAYERS = [
    ["results", "group", 0, None],
    ["two", "paint", 1, 2],
    ["one", "paint", 1, 1],
    ["Background", "paint", 0, None],
]
SEEN = [WHITE, RED, GREEN, GREEN]


@pytest.fixture(scope="module")
def found(start_krita_once):
    outcome = start_krita_once().run("group.py")
    assert outcome.error == ""
    assert [] == outcome.values["failures"]
    return outcome.values


def test_group_is_one_undo_step(found):
    """The first layer at the bottom, seen at once, each with its recipe; the painter's layer stays active."""
    assert 1 == found["steps"]
    assert (LAYERS, SEEN) == (found["layers"], found["seen"])
    assert "Background" == found["active"]
    assert [["Background"], [WHITE] * 4] == found["undone"]
    assert [LAYERS, SEEN] == found["redone"]


def test_recipes_and_attachments_survive_saving(found):
    """In the .kra file, and found again by the layers that they belong to. The newest attachment of a name counts."""
    assert [LAYERS, SEEN] == found["reopened"]
    assert [True, 0] == found["attached"]


def test_what_a_deleted_layer_was_made_from_is_forgotten(found):
    """Not while undo can bring it back, but when the document is opened next; what other layers need stays."""
    assert [LAYERS, True] == found["deleted"]
    recipe, kept, is_modified, layers = found["forgotten"]
    assert ("", [0, 256 * 16384], False) == (recipe, kept, is_modified)
    assert LAYERS == layers


def test_layers_of_all_sorts_are_listed(found):
    """Masks are none; each group stands right before what it holds."""
    assert {
        "off canvas": ["paint", 0],
        "hidden": ["group", 0],
        "in hidden": ["paint", 1],
        "pass through": ["group", 0],
        "in pass through": ["paint", 1],
        "clone": ["other", 0],
        "vector": ["other", 0],
        "fill": ["other", 0],
        "filter": ["filter", 0],
        "results": ["group", 0],
        "two": ["paint", 1],
        "one": ["paint", 1],
        "Background": ["paint", 0],
    } == found["sorts"]


def test_layers_of_all_sorts_are_read(found):
    """Alone, also when hidden, also beyond the canvas; opacity is the painter's way to show it and not part of it."""
    read = found["read"]
    assert [RED, GREEN] == [read["one"][0], read["two"][0]]
    assert GREEN == read["results"][0] == read["clone"][0]
    assert RED == read["vector"][0]
    for name in ("hidden", "in hidden", "pass through", "in pass through"):
        assert [BROWN, NOTHING] == read[name]
    assert [NOTHING, BROWN] == read["off canvas"]
    assert [[0, 0, 0, 0], GREEN] == [found["group"][0], found["group"][2]]


def test_what_is_not_there(found):
    """The picture is transparent beyond the canvas; a layer that is gone is told by its code."""
    assert NOTHING * 4 == found["beyond the canvas"]
    assert "invalid_value" == found["gone"]


def test_selection_of_several_islands_across_the_border(found):
    """The bounds hold all of them, and what lies between them is not selected."""
    assert [-10, -10, 55, 35] == found["bounds"]
    assert [255, 255, 0, 128] == found["mask"]
