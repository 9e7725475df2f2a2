"""The plug-in's zip and Krita's own importer."""

import json
import sys

import pytest
from krita_harness.plugin_files import pack_plugin
from krita_harness.session import Session

pytestmark = pytest.mark.krita


@pytest.fixture
def session(krita_version, tmp_path):
    """A Krita that has never seen the plug-in."""
    pack_plugin(tmp_path / "velatura.zip")
    session = Session(krita_version, tmp_path / "krita", {"PLUGIN_ZIP": str(tmp_path / "velatura.zip")})
    session.folder.mkdir()
    session.prepare_home()
    yield session
    session.end()


def test_imported_plugin_works(session):
    """Imported and enabled by Krita, it says what is missing; once the installer has left its note, it paints."""
    imported = session.run("import_zip.py")
    assert imported.error == ""
    assert "Velatura" in imported.values["asked"][1]

    alone = session.run("imported.py")
    assert alone.error == ""
    [[kind, message]] = alone.values["ends"]
    assert "failed" == kind
    assert "python3 install setup" in message
    assert "python3 install setup" in alone.values["status"]

    (session.state / "installation.json").write_text(json.dumps({"python": sys.executable}))
    painted = session.run("imported.py")
    assert painted.error == ""
    assert [["finished", "New layer: a red apple"]] == painted.values["ends"]
    assert "a red apple" in painted.values["layers"]
    assert "Ctrl+Alt+Shift+F" == painted.values["shortcut"]
