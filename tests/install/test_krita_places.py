"""Where Krita is, row by row; Windows and macOS are not run here, so the tables carry the proof.

Installer and doctor share these tables, and the installer has them before anything is installed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from install import environment, platforms
from velatura_cli import krita_places, pythons
from velatura_cli.krita_places import Host

HOME = Path("/home/ada")
REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = ("krita_places", "krita_python", "pythons")


@pytest.mark.parametrize(
    ("system", "environment", "kind", "resources", "kritarc"),
    [
        ("linux", {}, "native", ".local/share/krita", ".config/kritarc"),
        (
            "linux",
            {"XDG_DATA_HOME": "/home/ada/d", "XDG_CONFIG_HOME": "/home/ada/c"},
            "native",
            "d/krita",
            "c/kritarc",
        ),
        (
            "linux",
            {},
            "flatpak",
            ".var/app/org.kde.krita/data/krita",
            ".var/app/org.kde.krita/config/kritarc",
        ),
        ("windows", {}, "native", "AppData/Roaming/krita", "AppData/Local/kritarc"),
        (
            "windows",
            {"APPDATA": "/home/ada/R", "LOCALAPPDATA": "/home/ada/L"},
            "native",
            "R/krita",
            "L/kritarc",
        ),
        ("macos", {}, "native", "Library/Application Support/krita", "Library/Preferences/kritarc"),
    ],
)
def test_krita_folders(system, environment, kind, resources, kritarc):
    """Each kind of Krita has its resource folder and its settings file where Krita itself looks."""
    places = krita_places.krita_places(Host(system, "x86_64", HOME, environment))
    place = next(place for place in places if place.kind == kind)
    assert (HOME / resources, HOME / kritarc) == (place.resources, place.kritarc)


def test_krita_of_the_windows_store(tmp_path):
    """Krita from the Microsoft Store keeps everything in a package folder with a name of its own."""
    package = tmp_path / "AppData/Local/Packages/49800Krita_abc"
    package.mkdir(parents=True)
    store = krita_places.krita_places(Host("windows", "x86_64", tmp_path, {}))[1]
    assert ("store", package / "LocalCache/Roaming/krita", package / "LocalCache/Local/kritarc") == (
        store.kind,
        store.resources,
        store.kritarc,
    )


def test_only_flatpak_may_not_start_programs():
    """The sandbox of the Flatpak is the one Krita that cannot start the daemon."""
    hosts = [Host(system, "x86_64", HOME, {}) for system in ("linux", "windows", "macos")]
    locked_in = [place.kind for host in hosts for place in krita_places.krita_places(host) if not place.starts_programs]
    assert ["flatpak"] == locked_in


def test_krita_is_found_by_its_program_or_by_its_folders(tmp_path):
    """A program on the path proves an installed Krita; an AppImage is known by what it wrote when first started."""
    programs = tmp_path / "bin"
    programs.mkdir()
    host = Host("linux", "x86_64", tmp_path, {"PATH": str(programs)})
    native = krita_places.krita_places(host)[0]
    assert not krita_places.krita_is_there(host, native)
    (programs / "krita").touch(mode=0o755)
    assert krita_places.krita_is_there(host, native)
    (programs / "krita").unlink()
    native.resources.mkdir(parents=True)
    assert krita_places.krita_is_there(host, native)


def test_this_host_is_one_of_the_tables():
    """The machine that runs the test is described in the tables' own words."""
    host = krita_places.this_host()
    assert (True, Path.home(), os.environ) == (
        host.system in ("linux", "windows", "macos"),
        host.home,
        host.environment,
    )


def test_resource_folder_chosen_in_krita(tmp_path):
    """The plug-in goes to the resource folder that the person chose in Krita, as long as it exists."""
    host = Host("linux", "x86_64", tmp_path, {})
    place = krita_places.krita_places(host)[0]
    chosen = tmp_path / "my krita"
    place.kritarc.parent.mkdir(parents=True)
    place.kritarc.write_bytes(f"ResourceDirectory={chosen}\n".encode())
    assert place == krita_places.with_chosen_folder(place)
    chosen.mkdir()
    assert chosen == krita_places.with_chosen_folder(place).resources
    assert [chosen] == [found.resources for found in krita_places.places_in_use(host)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"ResourceDirectory=/data/krita\n\n[General]\na=1\n", "/data/krita"),
        (b"[General]\nResourceDirectory=/data/krita\n", None),
        (b"ResourceDirectory=\n", None),
        (b"", None),
    ],
)
def test_chosen_resource_folder(content, expected):
    """A resource folder that the person chose in Krita is read off the settings, from before the first group."""
    assert expected == krita_places.resource_folder(content)


@pytest.mark.parametrize("name", SHARED)
def test_what_installer_and_doctor_share_needs_python_alone(name):
    """The installer reads it with the system's Python, before any package is there."""
    script = f"import sys; sys.path.append({str(REPOSITORY / 'plugin')!r}); import velatura_cli.{name}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_versions_of_python_are_the_same_everywhere():
    """The package, the installer and the doctor accept the same ones; each is looked for, none besides."""
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={pythons.version_text(pythons.OLDEST_PYTHON)}"' in project
    assert pythons.OLDEST_PYTHON == min(pythons.PREFERRED_PYTHONS)
    assert pythons.NEWEST_PYTHON == max(pythons.PREFERRED_PYTHONS)
    assert (pythons.OLDEST_PYTHON, pythons.NEWEST_PYTHON) == (environment.OLDEST_PYTHON, environment.NEWEST_PYTHON)
    for system, form in (("linux", "python3.{}"), ("windows", "-3.{}")):
        names = platforms.python_names(Host(system, "x86_64", HOME, {}))
        assert [form.format(minor) for _, minor in pythons.PREFERRED_PYTHONS] == [name[-1] for name in names]
