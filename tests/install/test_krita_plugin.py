"""The plug-in goes into Krita's folders with real wheels, can be imported there, and leaves no trace when removed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from install import krita, vendor
from install.krita import install_plugin, remove_plugin
from velatura_cli.krita_places import KritaPlace

IMPORT = """
import sys
sys.path.append(sys.argv[1])
import zmq, msgpack, msgpack._cmsgpack, velatura_protocol, velatura_client
assert zmq.has("curve")
assert all(module.__file__.startswith(sys.argv[1]) for module in (zmq, msgpack, velatura_protocol, velatura_client))
context = zmq.Context()
one, two = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
one.bind("inproc://vendor"); two.connect("inproc://vendor")
one.send(msgpack.packb({"kind": "hello"}))
print(msgpack.unpackb(two.recv())["kind"])
context.destroy(linger=0)
"""


@pytest.fixture
def place(tmp_path: Path) -> KritaPlace:
    return KritaPlace("native", tmp_path / "share" / "krita", tmp_path / "config" / "kritarc", True, (), ())


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder beneath ``folder``, with the files' bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_installed_plugin_works_in_the_systems_python(bare_environment, place, said):
    """What lies in the plug-in's folder is all that the editor's Python needs, tried with one that has nothing else."""
    install_plugin(place, bare_environment, said.console)
    plugin = place.resources / "pykrita" / "velatura_krita"
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT, str(plugin / "vendor")], capture_output=True, text=True, check=False
    )
    assert ("hello\n", "", 0) == (answer.stdout, answer.stderr, answer.returncode)
    launch = json.loads((plugin / "velatura.json").read_text())
    assert {
        "python": str(bare_environment.python),
        "version": krita.package_version(bare_environment.repository),
    } == launch
    assert (place.resources / "pykrita" / "velatura_krita.desktop").exists()
    assert (place.resources / "actions" / "velatura_krita.action").exists()
    assert b"[python]\nenable_velatura_krita=true\n" == place.kritarc.read_bytes()


def test_vendored_libraries_serve_every_editor_python(bare_environment, said):
    """One folder holds the compiled parts for each Python of an editor, and pyzmq's own libraries beside it."""
    folder = vendor.libraries(bare_environment, said.console)
    compiled = {path.name for path in (folder / "zmq" / "backend" / "cython").glob("_zmq.*")}
    assert {"cpython-310", "cpython-311", "abi3"} <= {
        name.split(".")[1].removesuffix("-x86_64-linux-gnu") for name in compiled
    }
    assert 5 == len(list((folder / "msgpack").glob("_cmsgpack.cpython-31*")))
    assert list((folder / "pyzmq.libs").glob("libzmq*"))
    assert list(folder.glob("pyzmq-*.dist-info/licenses/**/*LICENSE*"))
    assert not (folder / "zmq" / "tests").exists()


def test_two_installers_at_once(bare_environment, said, monkeypatch):
    """One that finds at its end that the other was faster takes what that one has put there."""
    folder = vendor.libraries(bare_environment, said.console)
    faster = folder.rename(folder.with_name("faster"))
    real = vendor.unpack

    def unpack(wheel: Path, target: Path) -> None:
        real(wheel, target)
        if faster.exists():
            faster.rename(folder)

    monkeypatch.setattr(vendor, "unpack", unpack)
    assert folder == vendor.libraries(bare_environment, said.console)
    assert not faster.exists()


def test_second_installation_replaces_the_first(bare_environment, place, said):
    """What an older version left in the plug-in's folder goes, and nothing is enabled twice."""
    install_plugin(place, bare_environment, said.console)
    first = snapshot(place.resources.parent.parent)
    stale = place.resources / "pykrita" / "velatura_krita" / "old_module.py"
    stale.write_text("raise SystemExit")
    install_plugin(place, bare_environment, said.console)
    assert first == snapshot(place.resources.parent.parent)


@pytest.mark.parametrize("kritarc", [None, b"", b"ResourceCacheDbDirectory=/x\n\n[General]\nname=\xe7\x94\xbb\n"])
@pytest.mark.parametrize("other_plugin", [False, True])
def test_remove_leaves_no_trace(bare_environment, place, said, tmp_path, kritarc, other_plugin):
    """After installing twice and removing, the folders hold byte for byte what they held before."""
    if kritarc is not None:
        place.kritarc.parent.mkdir(parents=True)
        place.kritarc.write_bytes(kritarc)
    if other_plugin:
        other = place.resources / "pykrita" / "other"
        other.mkdir(parents=True)
        (other / "__init__.py").write_text("print()")
    before = snapshot(tmp_path)
    for _ in range(2):
        install_plugin(place, bare_environment, said.console)
    assert before != snapshot(tmp_path)
    removed = remove_plugin(place)
    assert place.resources / "pykrita" / "velatura_krita" in removed
    assert before == snapshot(tmp_path)
    assert [] == remove_plugin(place)


def test_a_developers_link_is_unlinked_and_not_followed(bare_environment, place, said, tmp_path):
    """A link in the plug-in's place is replaced; the working copy that it points to stays whole."""
    working_copy = tmp_path / "working_copy"
    working_copy.mkdir()
    (working_copy / "__init__.py").write_text("precious")
    (place.resources / "pykrita").mkdir(parents=True)
    (place.resources / "pykrita" / "velatura_krita").symlink_to(working_copy)
    install_plugin(place, bare_environment, said.console)
    assert "precious" == (working_copy / "__init__.py").read_text()
    assert not (place.resources / "pykrita" / "velatura_krita").is_symlink()


def test_settings_file_keeps_its_permissions_and_its_link(tmp_path):
    """kritarc kept in a folder of dot-files, as a link: the file behind it is written, with the permissions it had."""
    real = tmp_path / "dotfiles" / "kritarc"
    real.parent.mkdir()
    real.write_bytes(b"a=1\n")
    real.chmod(0o600)
    link = tmp_path / "kritarc"
    link.symlink_to(real)
    krita.write_settings(link, b"a=2\n")
    assert (True, b"a=2\n", 0o600) == (link.is_symlink(), real.read_bytes(), real.stat().st_mode & 0o777)


def test_every_file_of_the_plugin_is_in_place(bare_environment, place, said, repository):
    """No module of the plug-in, the client or the protocol is left behind."""
    install_plugin(place, bare_environment, said.console)
    plugin = place.resources / "pykrita" / "velatura_krita"
    for source, target in (
        (repository / "plugin" / "velatura_krita", plugin),
        (repository / "plugin" / "velatura_client", plugin / "vendor" / "velatura_client"),
        (repository / "protocol" / "velatura_protocol", plugin / "vendor" / "velatura_protocol"),
    ):
        wanted = {str(path.relative_to(source)) for path in source.rglob("*.py")}
        assert wanted <= {str(path.relative_to(target)) for path in target.rglob("*.py")}
