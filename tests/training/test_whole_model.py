"""``velatura train all``: the whole chain with tiny numbers, interrupted, gone on with, and asked for again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from click.testing import Result
from typer.testing import CliRunner

from velatura_daemon.models.library import ModelLibrary
from velatura_daemon.training.command_line import app
from velatura_daemon.training.evaluation import classifier
from velatura_daemon.training.time_budget import TimeBudget
from velatura_daemon.training.whole.evaluating import joined
from velatura_daemon.training.whole.preset import PRESETS, read_preset
from velatura_daemon.training.whole.stages import Stage, read_finished, run_stages
from velatura_protocol.errors import VelaturaError

PRESET = """
[data]
count = 16
seed = 1
[vae]
steps = 4
batch_size = 4
picture_side = 32
block_out_channels = [8, 8, 8, 8]
norm_groups = 4
[base]
fresh = true
block_out_channels = [8, 16]
steps = 40
batch_size = 4
checkpoint_every = 4
sample_steps = 2
[control]
steps = 3
batch_size = 4
sample_steps = 2
[evaluation]
pictures = 2
figures = ["vae", "depth"]
"""
STAGES = ["data", "vae", "base", "edges", "depth", "figure depth", "figure vae", "evaluation"]


@pytest.fixture
def command(shapes_recipe: Path, shapes_sources: Path, tiny_model: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """The command line; further options come last."""
    preset = tmp_path / "tiny.toml"
    preset.write_text(PRESET, encoding="utf-8")
    options = ["--recipe", str(shapes_recipe), "--sources", str(shapes_sources), "--base", str(tiny_model)]

    def command(*more: str) -> list[str]:
        chosen = ["--preset", str(preset), *options, "--device", "cpu", "--out", str(tmp_path / "out"), "--json"]
        return ["all", *chosen, *more]

    return command


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[str]], Result]]:
    """Runs it in this process, where torch is loaded already, on one thread."""
    monkeypatch.setattr(classifier, "STEPS_PER_THING", 15)  # shapes are learnt sooner than pictures
    # 80 pictures, which test_eval_model draws
    monkeypatch.setattr("velatura_daemon.training.evaluation.evaluate.save_sheet", lambda _bench, file: file.touch())
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield lambda order: CliRunner().invoke(app, order)
    torch.set_num_threads(before)


def test_whole_chain_survives_interruptions_and_does_nothing_twice(
    command: Callable[..., list[str]], run: Callable[[list[str]], Result], tmp_path: Path
) -> None:
    """Out of time, then killed while the base learns, then to the end; once more, and with another preset."""
    out = tmp_path / "out"
    model = out / "models" / "pochade-shapes"
    late = run(command("--minutes", "0"))
    assert (130, [], False) == (late.exit_code, json.loads(late.stdout)["finished"], json.loads(late.stdout)["whole"])

    process = subprocess.Popen(
        [sys.executable, "-m", "velatura_daemon.training", *command()],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(lambda: any((model / "training").glob("checkpoint-*[0-9]")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert ["data", "vae"] == list(json.loads((out / "finished.json").read_text()))

    whole = run(command())
    assert 0 == whole.exit_code, whole.stderr
    assert STAGES == json.loads(whole.stdout)["finished"]
    assert "vae: finished before" in whole.stderr
    assert "Going on after step" in whole.stderr
    library = ModelLibrary((out,))
    assert "" == next(found.problem for found in library.models() if found.id == "pochade-shapes")
    assert out / "controlnets" / "pochade-shapes-depth" == library.controlnet("pochade-shapes", "depth")
    report = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert {"vae_psnr", "vae_top1", "depth_iou"} == {row["id"] for row in report["figures"]}
    assert {} == report["not_measured"]

    assert (out / "samples.png").is_file()

    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = run(command())
    assert (0, len(STAGES)) == (again.exit_code, again.stderr.count("finished before"))
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*")}

    (tmp_path / "tiny.toml").write_text(PRESET.replace("steps = 40", "steps = 41"), encoding="utf-8")
    refused = run(command())
    assert isinstance(refused.exception, VelaturaError)
    assert "base in" in refused.exception.info.message
    assert "steps = 40" in refused.exception.info.message


@pytest.mark.parametrize("name", sorted(file.stem for file in PRESETS.glob("*.toml")))
def test_presets_that_ship_can_be_read(name: str) -> None:
    """Every key is known and of its kind."""
    preset = read_preset(name)
    assert preset.count >= 10_000
    assert 200 == preset.eval_pictures


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (PRESET.replace("[control]", "[controls]"), "controls"),
        (PRESET.replace("batch_size = 4", "batch_sise = 4"), "batch_sise"),
        (PRESET.replace("count = 16", "count = 0"), "count"),
        ("vae = 3\n[data]\ncount = 1\nseed = 1\n[evaluation]\npictures = 2", "vae"),
        ("steps = ", "cannot be read"),
    ],
)
def test_presets_that_cannot_be_used_are_named(content: str, named: str, tmp_path: Path) -> None:
    """What is wrong stands in the sentence; so do the presets that there are."""
    file = tmp_path / "mine.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(VelaturaError) as caught:
        read_preset(str(file))
    assert named in caught.value.info.message
    with pytest.raises(VelaturaError, match="cpu, gpu"):
        read_preset("tpu")


def test_stage_that_runs_out_of_time_is_begun_again_and_those_after_it_wait(tmp_path: Path) -> None:
    """The report of what is prepared ends the stage; the one before stays finished; without time none is begun."""
    done: list[str] = []

    def stage(name: str, budget: TimeBudget) -> Stage:
        def run() -> bool:
            budget.within(done.append)(name)
            return True

        return Stage(name, {"steps": 1}, run)

    stages = [stage("first", TimeBudget()), stage("second", TimeBudget(0)), stage("third", TimeBudget())]
    assert not run_stages(stages, tmp_path, TimeBudget(0), print)
    assert [] == done
    assert not run_stages(stages, tmp_path, TimeBudget(), print)
    assert (["first", "second"], ["first"]) == (done, list(read_finished(tmp_path)))

    stages[1] = stage("second", TimeBudget(60))
    assert run_stages(stages, tmp_path, TimeBudget(), print)
    assert ["first", "second", "second", "third"] == done


def test_reports_of_single_figures_make_one() -> None:
    """Rows, reasons, details and seconds of all; the classifier's time once."""
    one = {"model": "m", "figures": [1], "not_measured": {}, "details": {"a": 1}}
    two = {"model": "m", "figures": [2, 3], "not_measured": {"b": "why"}}
    report = joined(
        [
            {**one, "seconds": {"classifier": 9.0, "a": 1.0, "all": 10.0}},
            {**two, "seconds": {"classifier": 0.5, "b": 2.0, "all": 2.5}},
        ]
    )
    assert {
        "model": "m",
        "figures": [1, 2, 3],
        "not_measured": {"b": "why"},
        "details": {"a": 1},
        "seconds": {"classifier": 9.0, "a": 1.0, "b": 2.0, "all": 12.5},
    } == report


def _wait_for(condition: Callable[[], bool], within_s: float = 120.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
