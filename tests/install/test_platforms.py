"""What differs per platform, row by row; Windows and macOS are not run here, so the tables carry the proof."""

from pathlib import Path

import pytest

from install import platforms
from velatura_cli.krita_places import Host

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
