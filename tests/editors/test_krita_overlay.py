"""A picture over the canvas lies where it belongs in the document, in real Krita. Photographs of the screen show it."""

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.krita(everywhere=True)

#: As in ``scripts/overlay.py``: the picture's quarters, row by row, in the document and laid over it.
PAINTED = ((250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0))
LAID = ((250, 0, 250), (0, 250, 250), (120, 0, 0), (130, 0, 130))
#: The left quarters are within the document; the right ones reach beyond its border, where only what is laid is seen.
WITHIN = (0, 2)
POSITIONS = (
    "as it is",
    "small",
    "large",
    "panned",
    "mirrored",
    "turned",
    "turned far and panned",
    "turned and mirrored",
    "all",
    "resized",
    "unwrapped",
)
#: Settings of a session: a screen as most have it, one of high density, and Krita's canvas drawn by OpenGL.
SCREENS = {"plain": {}, "dense": {"QT_SCALE_FACTOR": "2"}, "opengl": {}}
CANVASES = {"plain": "KisQPainterCanvas", "dense": "KisQPainterCanvas", "opengl": "KisOpenGLCanvas2"}
#: How far a line of the laid picture may be from the document's own, in pixels of the screen; Krita rounds, too.
TOLERANCE = 1.5


@pytest.fixture(scope="module", params=SCREENS)
def found(request, start_krita_once):
    session = start_krita_once(**SCREENS[request.param])
    if request.param == "opengl":
        (session.home / ".config" / "kritadisplayrc").write_text("OpenGLRenderer=auto\ncanvasState=OPENGL_SUCCESS\n")
    outcome = session.run("overlay.py")
    assert outcome.error == ""
    assert [] == outcome.values["failures"]
    assert CANVASES[request.param] == outcome.values["canvas"]
    return outcome


def test_picture_lies_where_it_belongs(found):
    """At every zoom, pan, rotation, mirror and size of the window: each quarter is on top of the document's own."""
    seen = 0
    for position in POSITIONS:
        bare, laid = photograph(found, f"{position} bare"), photograph(found, f"{position} laid")
        for quarter in WITHIN:
            expected, actual = centre(bare, PAINTED[quarter]), centre(laid, LAID[quarter])
            if expected is None:  # scrolled out of the window
                continue
            seen += 1
            assert actual is not None, position
            distance = np.abs(expected - actual).max()
            assert distance <= TOLERANCE, f"{position}: quarter {quarter} is off by {distance:.1f} pixels"
            # nothing of what it hides looks out, but for the blend at the edges
            assert area(laid, PAINTED[quarter]) <= 0.02 * area(bare, PAINTED[quarter]), position
    assert seen >= 1.5 * len(POSITIONS)  # how much is scrolled out depends on Krita's margins


def test_picture_is_shown_beyond_the_border(found):
    """What reaches beyond the document is seen too, so that one can judge an extension."""
    bare, laid = photograph(found, "as it is bare"), photograph(found, "as it is laid")
    assert area(laid, LAID[1]) > 1.5 * area(bare, PAINTED[1]) > 0


def test_nothing_is_shown_where_the_place_is_not_sure(found):
    """In wrap-around mode the document is on the canvas many times; Krita has that mode with OpenGL alone."""
    if found.values["canvas"] == "KisOpenGLCanvas2":
        wrapped = photograph(found, "wrapped laid")
        # Krita 5.3 and 6 draw the outline of the brush in one of the colours: that is a scrap
        assert [None] * 4 == [centre(wrapped, colour) for colour in LAID]
        assert area(wrapped, PAINTED[0]) > 0


def test_document_knows_nothing(found):
    """No undo step, and nothing to save."""
    before, after = found.values["steps"]
    assert before == after
    assert not found.values["modified"]


def test_picture_belongs_to_its_document(found):
    """It is not over another one, is there again when its own is back, and goes with it."""
    names = ("over the other document", "over its own again", "over none")
    assert [0, 1, 0] == [found.values[name] for name in names]


def photograph(found, name):
    """Height x width x 3, 0..255."""
    with Image.open(found.folder / f"{name}.png") as image:
        return np.asarray(image.convert("RGB")).astype(np.int16)


def where(picture, colour):
    return np.abs(picture - np.array(colour, np.int16)).max(axis=2) <= 24


def area(picture, colour):
    """How many pixels have the colour."""
    return int(where(picture, colour).sum())


def centre(picture, colour):
    """The middle (x, y) of what has the colour and is not only a scrap, else None."""
    rows, columns = np.nonzero(where(picture, colour))
    return np.array([columns.mean(), rows.mean()]) if len(rows) > 400 else None
