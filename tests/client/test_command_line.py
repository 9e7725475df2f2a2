"""The command line against the real daemon with a test engine: files in, files out, exit codes, JSON."""

import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from velatura_cli.__main__ import main
from velatura_cli.files.ora import decode_ora
from velatura_cli.files.ora_render import render
from velatura_client.launcher import COMMAND_VARIABLE

EXAMPLES = Path(__file__).parents[2] / "examples"
HARBOUR, SELECTION = EXAMPLES / "harbour.ora", EXAMPLES / "selection.png"
COLOUR = (200, 40, 60)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def merged(path: Path) -> np.ndarray:
    with zipfile.ZipFile(path) as archive, archive.open("mergedimage.png") as stream, Image.open(stream) as image:
        return np.asarray(image.convert("RGB"))


def test_words_become_a_picture_with_its_recipe(velatura: Callable, tmp_path: Path) -> None:
    """txt2img to a PNG; --json tells everything; `velatura recipe` reads it back."""
    out = tmp_path / "a.png"
    made = velatura("generate", "--prompt", "a red fox", "--size", "160x96", "--seed", 9, "--out", out, "--json")
    recipe = velatura("recipe", out, "--json")

    assert made.code == 0
    assert pixels(out).shape == (96, 160, 3)
    told = {"task": "txt2img", "model": "pochade", "seed": 9, "seeds": [9], "files": [str(out)]}
    assert {name: made.json[name] for name in told} == told
    assert {"timings", "counters", "notes", "size_run", "region", "device"} <= set(made.json)
    assert recipe.json["recipes"]["a.png"]["request"]["prompt"] == "a red fox"
    assert "Seed: 9" in velatura("recipe", out).out


def test_selection_in_a_painting_becomes_a_layer(velatura: Callable, tmp_path: Path) -> None:
    """The main job: layer named after the prompt, at its own offset; outside its alpha the picture is the same."""
    out = tmp_path / "out.ora"
    made = velatura("generate", "--prompt", "a tree", "--canvas", HARBOUR, "--mask", SELECTION, "--out", out, "--json")
    before, _ = decode_ora(HARBOUR.read_bytes(), "before")
    after, stored = decode_ora(out.read_bytes(), "after")

    assert made.json["layers"] == ["a tree"]
    assert [layer.get("name") for layer in after.layers()] == ["a tree", *[x.get("name") for x in before.layers()]]
    assert {name: after.files[name] for name in before.files} == before.files
    patch, x, y = after.pixels(after.layer("a tree"))
    assert [{"x": x, "y": y, "width": patch.shape[1], "height": patch.shape[0]}] == made.json["patches"]
    with Image.open(SELECTION) as selection:
        untouched = np.asarray(selection) == 0
    assert np.array_equal(merged(out)[untouched], merged(HARBOUR)[untouched])
    assert tuple(merged(out)[270, 118].tolist()) == COLOUR
    assert stored is not None
    assert np.array_equal(stored, render(after))


def test_flat_output_is_the_same_picture(velatura: Callable, tmp_path: Path) -> None:
    """--out FILE.png: flattened, and equal to the merged picture of the .ora."""
    options = ("generate", "--prompt", "a tree", "--canvas", HARBOUR, "--mask", SELECTION, "--seed", 1)
    velatura(*options, "--out", tmp_path / "a.ora")
    velatura(*options, "--out", tmp_path / "a.png")

    assert np.array_equal(pixels(tmp_path / "a.png"), merged(tmp_path / "a.ora"))


def test_result_stands_above_the_named_layer(velatura: Callable, tmp_path: Path) -> None:
    """img2img of one layer of the painting."""
    out = tmp_path / "out.ora"
    made = velatura("generate", "--prompt", "storm", "--canvas", HARBOUR, "--layer", "Water", "--out", out, "--json")
    names = [layer.get("name") for layer in decode_ora(out.read_bytes(), "x")[0].layers()]

    assert made.json["task"] == "img2img"
    assert names.index("storm") + 1 == names.index("Water")


def test_layer_as_mask(velatura: Callable, tmp_path: Path) -> None:
    """--mask layer:NAME repaints where that layer is opaque."""
    out = tmp_path / "out.png"
    made = velatura("generate", "--prompt", "x", "--canvas", HARBOUR, "--mask", "layer:Boat", "--out", out, "--json")
    painting, _ = decode_ora(HARBOUR.read_bytes(), "x")
    boat, x, y = painting.pixels(painting.layer("Boat"))

    assert made.json["task"] == "inpaint"
    [patch] = made.json["patches"]
    assert (patch["x"], patch["y"]) <= (x, y)
    row, column = np.argwhere(boat[..., 3] == 255)[0]
    assert tuple(pixels(out)[y + row, x + column].tolist()) == COLOUR


def test_variants(velatura: Callable, tmp_path: Path) -> None:
    """--count: numbered PNGs, a folder of PNGs, or layers of which the first is visible."""
    options = ("generate", "--prompt", "sea", "--size", "64x64", "--seed", 4, "--count", 3, "--json", "--out")
    numbered = velatura(*options, tmp_path / "a.png").json["files"]
    folder = velatura(*options, tmp_path / "many").json["files"]
    painting, _ = decode_ora((velatura(*options, tmp_path / "a.ora"), (tmp_path / "a.ora").read_bytes())[1], "x")

    assert [Path(name).name for name in numbered] == ["a-1.png", "a-2.png", "a-3.png"]
    assert [Path(name).name for name in folder] == ["sea-4.png", "sea-5.png", "sea-6.png"]
    assert [layer.get("name") for layer in painting.layers()] == ["sea (1)", "sea (2)", "sea (3)"]
    assert [layer.get("visibility") for layer in painting.layers()] == ["visible", "hidden", "hidden"]


def test_photo_gets_a_painting_with_two_layers(velatura: Callable, tmp_path: Path) -> None:
    """A flat canvas and --out FILE.ora: the canvas below, the result above it."""
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (80, 60), (10, 90, 160)).save(photo)
    velatura("generate", "--prompt", "sea", "--canvas", photo, "--out", tmp_path / "a.ora")

    painting, _ = decode_ora((tmp_path / "a.ora").read_bytes(), "x")
    assert [layer.get("name") for layer in painting.layers()] == ["sea", "Canvas"]


def test_models_and_status(velatura: Callable) -> None:
    """What the daemon has, for people and as JSON."""
    assert "pochade" in velatura("models", "list").out
    assert velatura("models", "list", "--json").json["models"][0]["id"] == "pochade"
    assert velatura("daemon", "start", "--json").json["pid"] == velatura("daemon", "status", "--json").json["pid"]
    assert "runs" in velatura("daemon", "status").out


@pytest.mark.parametrize(
    ("options", "code", "part"),
    [
        (("--canvas", "gone.png"), "invalid_value", "gone.png"),
        (("--canvas", HARBOUR, "--layer", "Moon"), "invalid_value", "'Sky'"),
        (("--canvas", HARBOUR, "--mask", "layer:Moon"), "invalid_value", "'Moon'"),
        (("--canvas", HARBOUR, "--mask", EXAMPLES / "sketch.png"), "image_size_mismatch", "256 x 256"),
        (("--canvas", SELECTION, "--layer", "Sky"), "invalid_value", "no layers"),
        (("--canvas", SELECTION, "--mask", "layer:Sky"), "invalid_value", "names a layer"),
        (("--mask", SELECTION), "invalid_value", "--canvas"),
        (("--control", "edges"), "invalid_value", "KIND=FILE"),
        (("--control", f"edges={SELECTION},weight=much"), "invalid_value", "much"),
        (("--control", f"edges={SELECTION},colour=red"), "invalid_value", "colour"),
        (("--control", f"pose={SELECTION}"), "unknown_control", "pose"),
        (("--control", f"edges={SELECTION}", "--size", "64x64"), "image_size_mismatch", "512 x 384"),
        (("--lora", "fox:heavy"), "invalid_value", "NAME:WEIGHT"),
        (("--lora", "fox:0.5"), "unknown_lora", "fox"),
        (("--size", "big"), "invalid_value", "512x384"),
        (("--size", "64x99999"), "invalid_value", "32768"),
        (("--model", "nonsense"), "unknown_model", "nonsense"),
        (("--sampler", "nonsense"), "unknown_sampler", "nonsense"),
        (("--steps", "0"), "invalid_value", "steps"),
        (("--seed", "-1"), "invalid_value", "seed"),
        (("--seed", "9" * 30), "invalid_value", "seed"),
        (("--canvas", HARBOUR, "--strength", "nan"), "bad_message", "strength"),
        (("--canvas", HARBOUR, "--strength", "0"), "invalid_value", "strength"),
        (("--out", "a.gif"), "invalid_value", "a.gif"),
    ],
)
def test_what_cannot_be_done(
    velatura: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple, code: str, part: str
) -> None:
    """Exit code 2, a sentence on standard error, the error as JSON; no file, no traceback."""
    monkeypatch.chdir(tmp_path)
    ran = velatura("generate", "--prompt", "x", "--out", "a.png", *options, "--json")

    assert ran.code == 2
    assert ran.json["error"]["code"] == code
    assert part in ran.json["error"]["message"]
    assert ran.json["error"]["message"] in ran.err
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_empty_mask_says_so(velatura: Callable, tmp_path: Path) -> None:
    """A mask that is black everywhere."""
    Image.new("L", (512, 384), 0).save(tmp_path / "black.png")
    options = ("--canvas", HARBOUR, "--mask", tmp_path / "black.png", "--out", tmp_path / "a.ora")
    ran = velatura("generate", "--prompt", "x", *options)

    assert ran.code == 2
    assert "black everywhere" in ran.err
    assert ran.out == ""


def test_machine_errors_exit_with_1(velatura: Callable, tmp_path: Path) -> None:
    """Something else than the asker is at fault: the worker dies."""
    crashed = velatura("generate", "--prompt", "crash", "--out", tmp_path / "a.png", "--json")

    assert (crashed.code, crashed.json["error"]["code"]) == (1, "worker_died")


def test_daemon_start_stop_status(real_daemon, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Not running, started twice (one daemon), stopped, stopped again."""

    def run(*arguments: str) -> tuple[int, dict]:
        monkeypatch.setattr(sys, "argv", ["velatura", "daemon", *arguments, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    assert run("status")[1]["error"]["code"] == "daemon_unreachable"
    first, second = run("start"), run("start")
    assert first[0] == 0
    assert first[1]["pid"] == second[1]["pid"]
    assert run("stop") == (0, {"stopped": True, "was_running": True})
    assert run("stop") == (0, {"stopped": False, "was_running": False})
    assert run("status")[0] == 1


def test_interrupt_cancels_the_job(real_daemon, tmp_path: Path, wait_until: Callable) -> None:
    """Ctrl+C in the terminal: the job does not go on in the daemon, and no file appears."""
    command = [sys.executable, "-m", "velatura_cli", "generate", "--prompt", "slow", "--out", str(tmp_path / "a.png")]
    program = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    status = [sys.executable, "-m", "velatura_cli", "daemon", "status", "--json"]

    def running() -> int:
        told = json.loads(subprocess.run(status, capture_output=True, text=True, check=False).stdout)
        return told.get("running", -1)

    wait_until(lambda: running() == 1)
    program.send_signal(signal.SIGINT)
    _out, errors = program.communicate(timeout=30)

    assert program.returncode not in (0, None)
    assert "Traceback" not in errors
    wait_until(lambda: running() == 0)
    assert not (tmp_path / "a.png").exists()


def test_help_names_every_command() -> None:
    """The installed entry point answers without a daemon."""
    shown = subprocess.run([sys.executable, "-m", "velatura_cli", "--help"], capture_output=True, text=True, check=True)

    for command in ("generate", "daemon", "models", "doctor", "bench", "recipe"):
        assert command in shown.stdout


def test_command_line_stays_light() -> None:
    """No torch in the command line's process."""
    script = "import sys, velatura_cli.app; print('torch' in sys.modules, 'diffusers' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False", "False"]


def test_daemon_run_is_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """`velatura daemon run` hands its options on and its exit code back."""
    script = "import sys; print(sys.argv[1:]); sys.exit(5)"
    monkeypatch.setenv(COMMAND_VARIABLE, json.dumps([sys.executable, "-c", script]))
    command = [sys.executable, "-m", "velatura_cli", "daemon", "run", "--device", "cpu"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stdout.strip()) == (5, "['--device', 'cpu']")
