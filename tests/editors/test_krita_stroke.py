"""Nothing touches a document while the painter's brush is down."""

import pytest

pytestmark = pytest.mark.krita


@pytest.fixture(scope="module")
def found(start_krita_once):
    outcome = start_krita_once().run("stroke.py")
    assert outcome.error == ""
    assert [] == outcome.values["failures"]
    return outcome.values


def test_result_waits_for_the_end_of_the_stroke(found):
    """A patch that arrives while the mouse draws is inserted after the button is up, above the painter's layer."""
    seen = found["stroke arrived"]
    assert 1 == seen["buttons"]
    assert ["Background", "strokes"] == seen["during"]
    assert ["Background", "strokes", "arrived"] == seen["after"]
    assert "strokes" == seen["active"]


def test_stroke_stays_whole(found):
    """The stroke during which a patch arrived is as long, as high and as full as one drawn in peace: one undo step."""
    width, height, painted = found["first stroke"]
    assert width > 300
    assert pytest.approx([width, height, painted], rel=0.02, abs=2) == found["second stroke"]
    strokes = ["Freehand Brush Stroke", "Freehand Brush Stroke"]
    assert [*strokes, "Add Layer"] == found["history"][-3:]


def test_result_waits_for_the_transform_tool(found):
    """A tool that holds the document open without any button down is waited for as well."""
    assert ["Background", "strokes", "arrived"] == found["while transforming"]


def test_stroke_is_the_same_under_a_preview(found):
    """While a picture over the canvas is replaced all the time, every pixel of the stroke is as without it.

    The picture is away while the stroke is on, and back afterwards.
    """
    assert found["pixels drawn"] > 3000
    assert found["same pixels"]["under a preview"]
    during = [visible for _layers, visible in found["under a preview"]["during"]]
    assert len(during) > 5
    # the first look may come before Krita has begun the stroke
    assert not any(during[1:])
    assert [True] == found["under a preview, laid over again"]


def test_stroke_of_a_pen(found):
    """A pen is no mouse button, and is waited for all the same: the preview is away, the layer comes afterwards."""
    seen = found["pen"]
    layers, visible = seen["with a layer"]
    assert (0, False) == (seen["buttons"], visible)
    assert "by pen" not in layers
    layers, visible = seen["after with a layer"]
    assert visible
    assert ["strokes", "by pen"] == layers[1:3]
    assert seen["drawn"]["in peace"][0] > 300
    assert pytest.approx(seen["drawn"]["in peace"], rel=0.02, abs=2) == seen["drawn"]["with a layer"]


def test_stroke_is_the_same_while_a_group_arrives(found):
    """The group stands in the document after the stroke, not before, and changes no pixel of it."""
    assert found["same pixels"]["with a group"]
    seen = found["with a group"]
    assert {2} == {layers for layers, *_sheets in seen["during"]}
    assert ["Background", "strokes", "group"] == seen["after"]
