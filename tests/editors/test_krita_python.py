"""What installer and doctor read off the files of real Kritas, with PyQt and without."""

import pytest

from velatura_cli.krita_places import Host, KritaPlace, krita_places
from velatura_cli.krita_python import lacks, look_at
from velatura_cli.pythons import version_text

pytestmark = pytest.mark.krita(everywhere=True)


def place_beneath(root, tmp_path):
    """The ordinary Krita of a system that lies in the folder ``root``."""
    native = krita_places(Host("linux", "x86_64", tmp_path, {}))[0]
    libraries = tuple(str(root) + pattern for pattern in native.libraries)
    return KritaPlace(native.kind, native.resources, native.kritarc, native.starts_programs, libraries, ())


def test_python_and_qt_are_read(krita_version, tmp_path):
    """Off the library by which Krita runs Python; and what the plug-in needs of PyQt is found."""
    place = place_beneath(str(krita_version.root).rstrip("/"), tmp_path)
    found = look_at(place)
    system = krita_version.root / "usr"
    assert (system / "bin" / "python3").readlink().name == f"python{version_text(found.python)}"
    assert (system / "lib" / "python3" / "dist-packages" / f"PyQt{found.qt}").is_dir()
    assert (6 if krita_version.name == "experimental" else 5) == found.qt
    assert [] == list(lacks(place))


def test_missing_pyqt_is_told(krita_version, tmp_path, monkeypatch):
    """The same library and the same distribution, without the package that Debian only recommends."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    whole = look_at(place_beneath(str(krita_version.root).rstrip("/"), tmp_path))
    library = tmp_path / whole.library.relative_to(krita_version.root)
    library.parent.mkdir(parents=True)
    library.symlink_to(whole.library)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_bytes((krita_version.root / "usr" / "lib" / "os-release").read_bytes())
    [lack] = lacks(place_beneath(tmp_path, tmp_path))
    assert f"lacks PyQt{whole.qt}" in lack.says
    assert f"sudo apt install python3-pyqt{whole.qt}" in lack.repair
