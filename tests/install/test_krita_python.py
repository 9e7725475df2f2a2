"""What a Krita's own files tell about its Python, and what the installer then says is missing."""

from pathlib import Path

import pytest

from install import krita
from velatura_cli import krita_python
from velatura_cli.krita_places import KritaPlace

LINKED = b"\x7fELF libpython3.%d.so.1.0\0libQt%dCore.so.%d\0"
DISTRIBUTIONS = {
    "debian": ("ID=debian\n", "usr/lib/python3/dist-packages"),
    "ubuntu": ('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', "usr/lib/python3/dist-packages"),
    "fedora": ("ID=fedora\n", "usr/lib64/python3.14/site-packages"),
    "arch": ("ID=manjaro\nID_LIKE=arch\n", "usr/lib/python3.14/site-packages"),
    "other": ("ID=void\n", "usr/lib/python3.14/site-packages"),
}
COMMANDS = {
    ("debian", 5): "sudo apt install python3-pyqt5.",
    ("debian", 6): "sudo apt install python3-pyqt6.",
    ("ubuntu", 6): "sudo apt install python3-pyqt6.",
    ("fedora", 5): "sudo dnf install python3-qt5.",
    ("fedora", 6): "sudo dnf install python3-pyqt6.",
    ("arch", 5): "sudo pacman -S python-pyqt5.",
    ("arch", 6): "sudo pacman -S python-pyqt6.",
    ("other", 6): "Install PyQt6: your system's packages have it, for Python 3.14.",
}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("kritapykrita.so", b"\x7fELF\0libpython3.11.so.1.0\0", (3, 11)),
        ("kritapykrita.so", b"\x7fELF\0libc.so.6\0", None),
        ("python310.dll", b"", (3, 10)),
        ("python3.dll", b"", None),
        ("Versions/3.13/Python", b"", (3, 13)),
    ],
)
def test_python_of_a_krita(tmp_path, name, content, expected):
    """The Python that a Krita brings is read off the name of a library or off what it is linked with."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert expected == krita_python.python_version_in(path)


def system(root: Path, distribution: str = "debian", python: int = 14, qt: int = 6, kind: str = "native") -> KritaPlace:
    """A Krita of a system that lies in the folder ``root``."""
    folder = "usr/lib/x86_64-linux-gnu" if distribution in ("debian", "ubuntu") else "usr/lib64"
    library = root / folder / "kritaplugins" / "kritapykrita.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(LINKED % (python, qt, qt))
    (root / "etc").mkdir()
    (root / "etc" / "os-release").write_text(DISTRIBUTIONS[distribution][0])
    (root / DISTRIBUTIONS[distribution][1]).mkdir(parents=True, exist_ok=True)
    home = root / "home"
    return KritaPlace(kind, home / "krita", home / "kritarc", True, (f"{root}/{folder}/kritaplugins/*.so",), ())


def add_pyqt(root: Path, distribution: str, qt: int) -> Path:
    """The folder of PyQt, as the distribution's package or pip fills it."""
    folder = root / DISTRIBUTIONS[distribution][1] / f"PyQt{qt}"
    folder.mkdir(parents=True)
    for name in ("QtCore.abi3.so", "QtGui.abi3.so", "QtWidgets.abi3.so", "sip.cpython-314-x86_64-linux-gnu.so"):
        (folder / name).touch()
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing of this machine's own packages counts."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_python_of_the_installed_krita(tmp_path):
    """The Python is read off the first library that tells one."""
    assert (3, 9) == krita_python.krita_python(system(tmp_path, python=9))


@pytest.mark.parametrize(("distribution", "qt"), COMMANDS)
def test_missing_pyqt_is_told_with_the_command_to_get_it(tmp_path, distribution, qt):
    """Of the binding that this Krita is built on, by the name that this distribution gives it; then nothing lacks."""
    place = system(tmp_path, distribution, qt=qt)
    [lack] = krita_python.lacks(place)
    assert f"lacks PyQt{qt}" in lack.says
    assert COMMANDS[distribution, qt] in lack.repair
    add_pyqt(tmp_path, distribution, 11 - qt)  # the other one does not help
    assert [lack] == list(krita_python.lacks(place))
    add_pyqt(tmp_path, distribution, qt)
    assert [] == list(krita_python.lacks(place))


@pytest.mark.parametrize("name", ["QtWidgets.abi3.so", "sip.cpython-314-x86_64-linux-gnu.so"])
def test_half_of_pyqt_is_not_enough(tmp_path, name):
    """Distributions split it into packages; all that the plug-in imports must be there."""
    place = system(tmp_path)
    (add_pyqt(tmp_path, "debian", 6) / name).unlink()
    assert 1 == len(list(krita_python.lacks(place)))


def test_pyqt_from_pip_counts(tmp_path):
    """Installed by the person alone, it is found by Krita's Python just as well."""
    place = system(tmp_path)
    folder = add_pyqt(tmp_path, "debian", 6)
    target = tmp_path / "home" / ".local" / "lib" / "python3.14" / "site-packages" / "PyQt6"
    target.parent.mkdir(parents=True)
    folder.rename(target)
    assert [] == list(krita_python.lacks(place))


def test_kritas_that_bring_their_own(tmp_path):
    """Nothing is said of a Flatpak, nor of an AppImage, whose files are out of sight."""
    assert [] == list(krita_python.lacks(system(tmp_path, kind="flatpak")))
    assert [] == list(krita_python.lacks(KritaPlace("native", tmp_path, tmp_path, True, (f"{tmp_path}/no/*",), ())))


@pytest.mark.parametrize(("minor", "part"), [(9, "Update Krita"), (15, "newer version of Velatura")])
def test_python_that_is_not_accepted_is_told(tmp_path, minor, part):
    """Too old, or newer than the libraries that come along."""
    place = system(tmp_path, python=minor, kind="flatpak")
    [lack] = krita_python.lacks(place)
    assert f"Python 3.{minor}" in lack.says
    assert part in lack.repair


def test_installer_tells_it(tmp_path, bare_environment, said, monkeypatch):
    """It does its work and says that Krita will not load it yet, and why."""
    place = system(tmp_path)
    monkeypatch.setattr(krita, "places_in_use", lambda _host: (place,))
    assert 0 == krita.run(bare_environment, said.console)
    assert "But it cannot be loaded yet. This Krita's Python 3.14 lacks PyQt6" in said.text
    assert "sudo apt install python3-pyqt6" in said.text
