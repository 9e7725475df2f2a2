"""The spool: one room knows its layout, for the supervisor as for the worker, and a damaged file is no picture."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import velatura_daemon
from velatura_daemon import spool
from velatura_daemon.spool import FOLDER, INPUT, RESULT, Spool, file_name
from velatura_protocol.messages import Fetch, Forget

BACKEND = Path(velatura_daemon.__file__).parent
JOB = "a" * 32
#: What of the names cannot be meant for anything else.
PIECES = (file_name("", INPUT, 0)[:-1], file_name("", RESULT, 0)[:-1])

#: Python runs a module of this name, when it finds one, at the start of each process: supervisor and worker.
ANOTHER_LAYOUT = """
from velatura_daemon import spool

spool.FOLDER = "elsewhere"
spool.file_name = lambda job, kind, index: f"{index:03}_{kind[0]}_{job}.pixels"
spool.job_of = lambda name: name.removesuffix(".pixels")[6:]
"""


def texts_of(module: Path) -> Iterator[str]:
    """The strings in the code of a module, also parts of f-strings; docstrings are left out."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def imports_of(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def knows_the_layout(module: Path) -> bool:
    """It spells the folder or a kind of file name, or maps files itself."""
    spells = any(text == FOLDER or any(piece in text for piece in PIECES) for text in texts_of(module))
    return spells or "mmap" in imports_of(module)


def test_no_other_module_spells_the_layout() -> None:
    """Folder, file names and mapping stand in one module of the daemon; the training programs have no spool."""
    modules = [path for path in BACKEND.rglob("*.py") if "training" not in path.parts]
    assert len(modules) > 100
    assert [Path(spool.__file__)] == [module for module in modules if knows_the_layout(module)]


def test_with_another_layout_all_goes_on(
    start_daemon: Any, copy_request: Any, commanded: Any, gate: Path, tmp_path: Path
) -> None:
    """With names and folder changed in the room alone, pixels come and go, outlive a killed daemon, and are deleted."""
    (tmp_path / "sitecustomize.py").write_text(ANOTHER_LAYOUT, encoding="ascii")
    engines = Path(__file__).parent / "engines"
    daemon = start_daemon(environment={"PYTHONPATH": f"{tmp_path}:{engines}"})
    client = daemon.greet()
    request, pixels = copy_request()
    made = client.submit(request, [pixels])
    client.wait_for_end(made)
    running = client.submit(commanded(do="deaf", gate=gate))
    client.wait_for_stage(running, "denoising")
    waiting = client.submit(request, [pixels])
    folder = daemon.state / "elsewhere"
    assert [f"000_i_{waiting}.pixels", f"000_r_{made}.pixels"] == sorted(path.name for path in folder.iterdir())
    daemon.kill()
    gate.touch()
    daemon.start()
    again = daemon.greet(client.client_id)
    again.watch(waiting)
    assert "succeeded" == again.wait_for_end(waiting).state
    for job in (made, waiting):
        assert pixels == again.ask_for_envelope(Fetch(job)).blobs[0]
        again.ask(Forget(job))
    again.watch(running)
    again.wait_for_end(running)
    again.ask(Forget(running))
    daemon.stop()
    assert [] == list(folder.iterdir())
    assert not (daemon.state / FOLDER).exists()


@pytest.mark.parametrize("left", [0, 1, 8 * 6 * 4 - 1])
def test_a_result_that_is_not_whole_is_not_given_out(start_daemon: Any, copy_request: Any, left: int) -> None:
    """A file that lost its end, as after a power failure, is a result that is no longer there; the rest goes on."""
    daemon = start_daemon()
    client = daemon.greet()
    request, pixels = copy_request(8, 6)
    damaged, whole = client.run(request, [pixels]).body.job, client.run(request, [pixels]).body.job
    daemon.kill()
    (result,) = Spool(daemon.state / FOLDER).result_names(damaged, 1)
    (daemon.state / FOLDER / result).write_bytes(pixels[:left])
    daemon.start()
    again = daemon.greet(client.client_id)
    assert "result_expired" == again.refused(Fetch(damaged)).code
    assert pixels == again.ask_for_envelope(Fetch(whole)).blobs[0]


def test_both_sides_read_what_the_other_wrote(tmp_path: Path) -> None:
    """Two spools on one folder; an empty blob, which cannot be mapped, is empty again."""
    supervisors = Spool.make_in(tmp_path)
    workers = Spool(supervisors.folder)
    supervisors.write_inputs(JOB, [b"canvas", b"", b"mask"])
    assert [b"canvas", b"", b"mask"] == [bytes(view) for view in workers.inputs(JOB, 3)]
    workers.write_result(JOB, 0, b"first")
    workers.write_result(JOB, 1, b"second")
    assert [b"first", b"second"] == [bytes(view) for view in supervisors.results(JOB, [5, 6])]
    assert sorted(supervisors.names_of(JOB)) == sorted(workers.input_names(JOB, 3) + workers.result_names(JOB, 2))
    supervisors.sweep([JOB])
    assert 5 == len(supervisors.names_of(JOB))
    supervisors.sweep(["b" * 32])
    assert [] == list(supervisors.folder.iterdir())
