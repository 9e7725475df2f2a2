"""Documents of every kind in real Krita: a result changes nothing of them and is seen in its colours."""

import pytest

pytestmark = pytest.mark.krita

#: Kind, as in ``scripts/documents.py``, to the greatest difference, of 255, of a result as seen from what it should be.
#: 8 bits are too coarse for a large gamut. Grey, ink and Lab do not have all the colours: there only what is said in
#: ``test_result_looks_like_paint`` can hold.
KINDS = {
    "RGBA U8 64": 0,
    "RGBA U16 64": 1,
    "RGBA F16 64": 1,
    "RGBA F32 64": 1,
    "RGBA U16 sRGB-elle-V2-srgbtrc.icc 64": 1,
    "RGBA U8 ClayRGB-elle-V2-g22.icc 64": 3,
    "RGBA U8 WideRGB-elle-V2-g22.icc 64": 15,
    "RGBA U16 Rec2020-elle-V4-g10.icc 64": 1,
    "RGBA F32 LargeRGB-elle-V2-g22.icc 64": 1,
    "GRAYA U8 64": None,
    "GRAYA U16 64": None,
    "CMYKA U8 64": None,
    "LABA U16 64": None,
    "RGBA U8 8000": 0,
}
LEVELS = ((0, 40, 128, 255), (0, 90, 200, 255), (0, 60, 160, 255))
#: The result's pixels, BGRA.
RESULT = [value for r in LEVELS[0] for g in LEVELS[1] for b in LEVELS[2] for value in (b, g, r, 255)]


@pytest.fixture(scope="module")
def found(start_krita_once):
    """What ``scripts/documents.py`` found, by kind."""
    outcome = start_krita_once().run("documents.py")
    assert outcome.error == ""
    assert set(KINDS) < set(outcome.values)
    return outcome.values


@pytest.mark.parametrize("kind", KINDS)
def test_everything_else_stays_as_it_is(found, kind):
    """Pixels of other layers, what is seen of them, the selection, the active layer, the document's colour space."""
    assert [] == found[kind]["failures"]
    assert [] == found[kind]["changed"]


@pytest.mark.parametrize("kind", KINDS)
def test_layer_and_group_are_one_undo_step_each(found, kind):
    """Also where Krita has to convert: that is no step of its own. After undoing both, all is as before."""
    assert 2 == found[kind]["steps"]
    assert found[kind]["undone"]


@pytest.mark.parametrize("kind", KINDS)
def test_result_keeps_its_colours(found, kind):
    """In its own layer they are exact in every kind of document, so nothing is lost when the document is converted."""
    assert RESULT == found[kind]["patch"]


@pytest.mark.parametrize("kind", [kind for kind, tolerance in KINDS.items() if tolerance is not None])
def test_result_is_seen_in_its_colours(found, kind):
    """As far as the document's numbers can tell colours apart."""
    assert difference(RESULT, found[kind]["canvas"]) <= KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_result_looks_like_paint(found, kind):
    """It is seen as Krita shows the same colours painted in that document; inside a group too."""
    painted = found[kind]["read before"]
    assert difference(painted, found[kind]["canvas"]) <= 1
    assert max(difference(painted, seen) for seen in found[kind]["in group"]) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_group_is_read_as_it_is_seen(found, kind):
    """All of it at once, as the source of a refinement."""
    assert difference(found[kind]["in group"][0], found[kind]["group"]) <= 1


def difference(expected: list[int], actual: list[int]) -> int:
    """The greatest difference of two samples, of 255."""
    return max(abs(a - b) for a, b in zip(expected, actual, strict=True))
