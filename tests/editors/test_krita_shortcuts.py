"""The plug-in's shortcuts are nobody else's, in each Krita."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.krita(everywhere=True)

ACTIONS = Path(__file__).parents[2] / "plugin" / "velatura_krita" / "velatura_krita.action"


@pytest.fixture(scope="module")
def found(start_krita_once):
    outcome = start_krita_once().run("shortcuts.py")
    assert outcome.error == ""
    return outcome.values


def test_each_shortcut_works(found):
    """Every one that stands in the plug-in's file belongs to one of its actions, and to one alone."""
    written = re.findall(r"<shortcut>([^<]+)</shortcut>", ACTIONS.read_text(encoding="utf-8"))
    assert len(written) >= 18
    assert sorted(written) == sorted(found["ours"])
    assert {} == {keys: names for keys, names in found["ours"].items() if len(names) != 1}


def test_no_shortcut_is_taken(found):
    """Neither by an action of Krita as it runs, nor in any scheme of shortcuts that it ships."""
    assert len(found["others"]) > 50
    assert len(found["shipped"]) > 50
    assert {} == {keys: found["others"][keys] for keys in found["ours"] if keys in found["others"]}
    assert {} == {keys: found["shipped"][keys] for keys in found["ours"] if keys in found["shipped"]}
