"""The menu, the Tab key and the themes in real Krita. Screenshots: menu, Krita bright, Krita dark."""

import json

import pytest

pytestmark = pytest.mark.krita


@pytest.fixture(scope="module")
def found(start_krita_once):
    outcome = start_krita_once().run("look.py", timeout_s=100)
    assert outcome.error == ""
    print(json.dumps({"screenshots": str(outcome.folder)}))
    return outcome.values


def test_menu_has_groups(found):
    """A line between what begins, what guides, what is made again, results and the rest; also when opened again."""
    assert [
        *("Generate...", "Refine Layer...", "Fill Selection...", "Refine Selection...", "Extend...", ""),
        *("Make Control Map...", "Use Layer as Control...", ""),
        *("Again with a New Seed", "Generate Again from This Layer", "Repeat the Last Job", ""),
        *("Newer Result", "Older Result", "Hide Result", "Apply Result", "Apply Results as a Group"),
        *("Discard Result", ""),
        *("Insert Waiting Result", "Enlarge Canvas to Fit", "Export Layer as PNG with Parameters...", ""),
        "Cancel",
    ] == found["menu"]
    assert found["menu"] == found["menu again"]


def test_tab_goes_through_the_docker(found):
    """Real keys reach what the daemon's catalogue brought, in the order in which it is read."""
    names = list(dict.fromkeys(found["tab"]))
    wanted = ["velatura_begin", "velatura_field_strength", "velatura_field_inpaint.context", "velatura_seed"]
    wanted += ["velatura_field_count", "velatura_fold_more"]
    assert wanted == [name for name in names if name in wanted]


def test_parts_stand_out_in_each_theme(found):
    """Headings and icons have the colours of the theme that was chosen last."""
    for theme, parts in found["themes"].items():
        assert {} == {name: value for name, value in parts.items() if name != "ground" and value < 80}, theme
    assert found["themes"]["Krita dark"]["ground"] + 80 < found["themes"]["Krita bright"]["ground"]
