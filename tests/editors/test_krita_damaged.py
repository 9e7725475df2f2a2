"""A plug-in that cannot work says so: Krita itself shows nothing for one that fails while it is loaded."""

import shutil

import pytest

pytestmark = pytest.mark.krita(everywhere=True)


def test_missing_libraries_are_told(start_krita):
    """Without them the plug-in shows a message with the traceback and keeps a menu entry for it."""
    session = start_krita()
    shutil.rmtree(installed(session) / "vendor")
    assert_told(session.run("damaged.py"), "No module named 'velatura_")


@pytest.mark.parametrize(
    ("file", "whole", "damaged", "reason"),
    [
        # as in a Krita whose interface has changed: an enum that it does not know, a method that is gone
        ("registration.py", "DockPosition.DockRight", "DockPosition.DockNowhere", "DockNowhere"),
        ("registration.py", "addDockWidgetFactory(", "addNothingThatThereIs(", "addNothingThatThereIs"),
        ("menu.py", "def entries(", "def other_entries(", "cannot import name 'entries'"),
        ("extension.py", "window.createAction(", "window.createNothing(", "createNothing"),
    ],
    ids=["enum", "call", "import", "menu"],
)
def test_failed_registration_is_told(start_krita, file, whole, damaged, reason):
    """Wherever on the way into Krita it fails: while it is imported, registered, or makes its menu."""
    session = start_krita()
    damage(installed(session) / file, whole, damaged)
    assert_told(session.run("damaged.py"), reason)


def test_failed_panel_is_told(start_krita):
    """In its own place, as the message box of an error is left out where a docker can be seen."""
    session = start_krita()
    damage(installed(session) / "widgets" / "panel.py", "import", "raise RuntimeError('no panel today')\nimport")
    outcome = session.run("damaged_panel.py")
    assert outcome.error == ""
    assert "python3 install krita" in outcome.values["text"]
    assert "no panel today" in outcome.values["text"]


def installed(session):
    return session.resources / "pykrita" / "velatura_krita"


def damage(file, whole, damaged):
    text = file.read_text(encoding="utf-8")
    assert whole in text
    file.write_text(text.replace(whole, damaged, 1), encoding="utf-8")


def assert_told(outcome, reason):
    assert outcome.error == ""
    name, text, details = outcome.values["message"]
    assert "velatura_failure_message" == name
    assert "python3 install krita" in text
    assert reason in details
    assert "Velatura: What Is Wrong?" == outcome.values["menu"]
