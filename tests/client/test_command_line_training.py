"""``velatura train`` and ``velatura trace``: everything is passed on to the daemon's own Python."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from velatura_client.launcher import COMMAND_VARIABLE

SKETCH = Path(__file__).parents[2] / "examples" / "sketch.png"

Run = Callable[..., "subprocess.CompletedProcess[str]"]

#: A stand-in for the daemon's packages: says what it was given, and with ``wait`` ends when it is told to.
STAND_IN = """
import json, signal, sys, time
if "wait" in sys.argv:
    def told(number, frame):
        print("told", number, flush=True)
        sys.exit(7)
    signal.signal(signal.SIGINT, told)
    signal.signal(signal.SIGTERM, told)
    print("ready", flush=True)
    time.sleep(60)
print(json.dumps(sys.argv[1:]))
sys.exit(5)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """The environment in which ``velatura_daemon.training`` and ``...trace`` are the stand-in."""
    for module in ("training", "diffusion/trace"):
        folder = tmp_path / "python" / "velatura_daemon" / module
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "__main__.py").write_text(STAND_IN)
    (tmp_path / "python" / "velatura_daemon" / "__init__.py").touch()
    (tmp_path / "python" / "velatura_daemon" / "diffusion" / "__init__.py").touch()
    return {**os.environ, "PYTHONPATH": str(tmp_path / "python"), "VELATURA_STATE": str(tmp_path / "state")}


@pytest.fixture
def velatura(tmp_path: Path) -> Run:
    """Runs the real command line."""

    def velatura(*arguments: object, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "velatura_cli", *map(str, arguments)],
            env=environment or {**os.environ, "VELATURA_STATE": str(tmp_path / "state"), "VELATURA_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return velatura


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("train", []),
        ("train", ["lora", "--data", "a b", "--resume", "--help"]),
        ("trace", ["-x", "vae", "--", "--json"]),
        ("trace", ["--prompt=苹果", "-h"]),
    ],
)
def test_everything_is_passed_on(velatura: Run, stand_in: dict[str, str], command: str, arguments: list[str]) -> None:
    """Options, their order, --help and the exit code go through unread."""
    ran = velatura(command, *arguments, environment=stand_in)

    assert (5, arguments) == (ran.returncode, json.loads(ran.stdout))


@pytest.mark.parametrize(("number", "to_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_the_child_decides_how_it_ends(stand_in: dict[str, str], number: signal.Signals, to_group: bool) -> None:
    """Ctrl-C, which a terminal sends to both, and SIGTERM to the command alone: its own exit code comes through."""
    process = subprocess.Popen(
        [sys.executable, "-m", "velatura_cli", "train", "wait"],
        env=stand_in,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    (os.killpg if to_group else os.kill)(process.pid, number)

    out, _ = process.communicate(timeout=60)

    assert (7, f"told {number.value}\n") == (process.returncode, out)


def test_a_child_that_was_killed_is_told_as_a_shell_does(stand_in: dict[str, str]) -> None:
    """128 and the number of the signal."""
    process = subprocess.Popen(
        [sys.executable, "-m", "velatura_cli", "train", "wait"], env=stand_in, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    child = _child_of(process.pid)
    os.kill(child, signal.SIGKILL)
    process.communicate(timeout=60)

    assert 137 == process.returncode


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 10
    while not children.read_text().split():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(children.read_text().split()[0])


def test_without_a_daemon_it_is_said(velatura: Run, stand_in: dict[str, str]) -> None:
    """One sentence and, with --json, one object."""
    ran = velatura("train", "vae", "--json", environment={**stand_in, COMMAND_VARIABLE: '["/nowhere/python"]'})

    assert (1, "daemon_unreachable") == (ran.returncode, json.loads(ran.stdout)["error"]["code"])
    assert 1 == len(ran.stderr.splitlines())


def test_trace_draws_a_sheet(velatura: Run, tmp_path: Path) -> None:
    """The real thing: a canvas in, a sheet out, and what it shows as JSON."""
    out = tmp_path / "new folder" / "sheet.png"
    ran = velatura(
        *("trace", "--prompt", "红苹果 on white", "--negative", "a cat", "--canvas", SKETCH, "--strength", 0.5),
        *("--steps", 4, "--guidance", 3, "--seed", 8, "--out", out, "--json"),
    )

    told = json.loads(ran.stdout)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert [8, 4, 2, 0.5, 3.0] == [told[name] for name in ("seed", "steps", "steps_run", "strength", "guidance_scale")]
    assert ["红", "苹", "果", "on", "white"] == [word["text"] for word in told["words"]]
    with Image.open(out) as sheet:
        assert ("PNG", "RGB", 1680) == (sheet.format, sheet.mode, sheet.width)
    assert [out] == list(out.parent.iterdir())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--canvas", "missing.png"), "missing.png"),
        (("--canvas", __file__), "cannot be read"),
        (("--canvas", SKETCH, "--strength", "1.5"), "strength"),
        (("--model", "nothing"), "nothing"),
        (("--out", "sheet.jpg"), ".png"),
        (("--out", SKETCH / "sheet.png"), "sketch.png"),
    ],
)
def test_bad_input_is_one_sentence(velatura: Run, tmp_path: Path, options: tuple[object, ...], says: str) -> None:
    """Exit code 2, and nothing but the sentence."""
    ran = velatura("trace", "--prompt", "a fish", "--out", tmp_path / "sheet.png", *options)

    assert 2 == ran.returncode
    assert 1 == len(ran.stderr.splitlines())
    assert says in ran.stderr
    assert "" == ran.stdout
