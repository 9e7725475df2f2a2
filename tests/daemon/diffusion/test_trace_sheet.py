"""Text on the sheet of a trace."""

import pytest
from PIL import ImageFont

from velatura_daemon.diffusion.trace.sheet import typeface
from velatura_daemon.diffusion.trace.sheet.typeface import can_draw, text_runs, text_width, wrapped


@pytest.fixture
def only_own_typeface(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer without any font."""
    monkeypatch.setattr(typeface, "_faces", lambda size: (ImageFont.load_default(size),))
    typeface._face_of.cache_clear()
    monkeypatch.setattr(typeface, "_face_of", typeface._face_of.__wrapped__)


def test_lines_keep_within_their_width() -> None:
    """Broken at spaces, and a word that is too long within itself; no letter is lost."""
    text = "one two three " + "four" * 30
    lines = wrapped(text, 20, 150)

    assert text.replace(" ", "") == "".join(lines).replace(" ", "")
    assert all(text_width(line, 20) <= 150 for line in lines)
    assert "one two three" == lines[0]


def test_text_stays_whole_across_fonts() -> None:
    """Runs of several fonts put together are the text again."""
    assert "a 红 b" == "".join(run.text for run in text_runs("a 红 b", 20))


def test_missing_glyphs_are_known(only_own_typeface: None) -> None:
    """Without a font for Chinese it is said so, and nothing is drawn as empty boxes."""
    assert (True, False) == (can_draw("an apple"), can_draw("苹果"))
