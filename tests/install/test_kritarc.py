"""kritarc: the plug-in's key goes in and out, and every other byte stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from install import kritarc

SETTING = b"enable_velatura_krita=true\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"[python]\n" + SETTING),
        (b"a=1\n", b"a=1\n\n[python]\n" + SETTING),
        (b"a=1", b"a=1\n\n[python]\n" + SETTING),
        (b"[python]\nenable_other=true\n\n[x]\ny=1\n", b"[python]\n" + SETTING + b"enable_other=true\n\n[x]\ny=1\n"),
        (b"[python]", b"[python]\n" + SETTING),
        (b"[python]\nenable_velatura_krita=false\n", b"[python]\n" + SETTING),
        (b"[x]\nenable_velatura_krita=false\n", b"[x]\nenable_velatura_krita=false\n\n[python]\n" + SETTING),
        (b"a=1\r\n", b"a=1\r\n\r\n[python]\r\nenable_velatura_krita=true\r\n"),
        ("name=画笔\n".encode(), "name=画笔\n\n[python]\n".encode() + SETTING),
        (b"name=\xff\xfe\n", b"name=\xff\xfe\n\n[python]\n" + SETTING),
    ],
)
def test_enable(before, after):
    """The key stands in its group, once, with the file's own line ends, whatever the file held."""
    assert after == kritarc.enable(before).content


@pytest.mark.parametrize("before", [b"", b"a=1\n", b"[python]\nenable_other=true\n[x]\ny=1\n", b"[g]\r\nz=2\r\n"])
def test_enabling_twice_changes_nothing_more(before):
    """A second installation leaves the file as the first one did."""
    once = kritarc.enable(before).content
    assert once == kritarc.enable(once).content


LINES = st.lists(
    st.sampled_from([b"a=1", b"", b"[python]", b"[x]", b"enable_other=true", b"# note", "b=画".encode()]), max_size=12
)


@given(LINES)
def test_disable_undoes_enable(lines):
    """Whatever the file held, enabling and disabling again gives it back byte for byte."""
    before = b"".join(line + b"\n" for line in lines)
    edited = kritarc.enable(before)
    assert before == kritarc.disable(edited.content, edited.added_group)


def test_disable_after_krita_has_rewritten_the_file():
    """Krita sorts its groups when it saves; the key is found wherever the group stands by then."""
    saved_by_krita = b"[General]\na=1\n\n[python]\nenable_velatura_krita=true\n\n[theme]\nTheme=dark\n"
    assert b"[General]\na=1\n\n[theme]\nTheme=dark\n" == kritarc.disable(saved_by_krita, True)
