"""What differs per platform, row by row; Windows and macOS are not run here, so the tables carry the proof."""

import os
from pathlib import Path

import pytest

from install import platforms
from install.platforms import Host

HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("system", "python", "program"),
    [
        ("linux", "venv/bin/python", "venv/bin/velatura"),
        ("macos", "venv/bin/python", "venv/bin/velatura"),
        ("windows", "venv/Scripts/python.exe", "venv/Scripts/velatura.exe"),
    ],
)
def test_programs_of_an_environment(system, python, program):
    """An environment keeps its programs where the system's Python puts them."""
    host = Host(system, "x86_64", HOME, {})
    assert (Path(python), Path(program)) == (
        platforms.venv_python(host, Path("venv")),
        platforms.venv_program(host, Path("venv"), "velatura"),
    )


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
    places = platforms.krita_places(Host(system, "x86_64", HOME, environment))
    place = next(place for place in places if place.kind == kind)
    assert (HOME / resources, HOME / kritarc) == (place.resources, place.kritarc)


def test_krita_of_the_windows_store(tmp_path):
    """Krita from the Microsoft Store keeps everything in a package folder with a name of its own."""
    package = tmp_path / "AppData/Local/Packages/49800Krita_abc"
    package.mkdir(parents=True)
    store = platforms.krita_places(Host("windows", "x86_64", tmp_path, {}))[1]
    assert ("store", package / "LocalCache/Roaming/krita", package / "LocalCache/Local/kritarc") == (
        store.kind,
        store.resources,
        store.kritarc,
    )


def test_only_flatpak_may_not_start_programs():
    """The sandbox of the Flatpak is the one Krita that cannot start the daemon."""
    hosts = [Host(system, "x86_64", HOME, {}) for system in ("linux", "windows", "macos")]
    locked_in = [place.kind for host in hosts for place in platforms.krita_places(host) if not place.starts_programs]
    assert ["flatpak"] == locked_in


def test_krita_is_found_by_its_program_or_by_its_folders(tmp_path):
    """A program on the path proves an installed Krita; an AppImage is known by what it wrote when first started."""
    programs = tmp_path / "bin"
    programs.mkdir()
    host = Host("linux", "x86_64", tmp_path, {"PATH": str(programs)})
    native = platforms.krita_places(host)[0]
    assert not platforms.krita_is_there(host, native)
    (programs / "krita").touch(mode=0o755)
    assert platforms.krita_is_there(host, native)
    (programs / "krita").unlink()
    native.resources.mkdir(parents=True)
    assert platforms.krita_is_there(host, native)


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("linux", "x86_64", "manylinux_2_26_x86_64"),
        ("linux", "aarch64", "manylinux_2_26_aarch64"),
        ("windows", "x86_64", "win_amd64"),
        ("windows", "aarch64", "win_amd64"),
        ("macos", "aarch64", "macosx_11_0_arm64"),
        ("macos", "aarch64", "macosx_10_15_universal2"),
        ("macos", "x86_64", "macosx_10_15_universal2"),
    ],
)
def test_wheel_platforms_of_the_editor(system, machine, expected):
    """The tags cover those under which pyzmq and msgpack are published."""
    assert expected in platforms.editor_wheel_platforms(Host(system, machine, HOME, {}))


def test_no_wheels_for_rare_machines():
    """Where nobody publishes wheels the answer is empty, not a wrong tag."""
    assert () == platforms.editor_wheel_platforms(Host("linux", "riscv64", HOME, {}))


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
    assert expected == platforms.python_version_in(path)


def test_this_host_is_one_of_the_tables():
    """The machine that runs the test is described in the tables' own words."""
    host = platforms.this_host()
    assert (True, Path.home(), os.environ) == (
        host.system in ("linux", "windows", "macos"),
        host.home,
        host.environment,
    )
