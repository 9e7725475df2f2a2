"""What a training run says to data, settings and folders that it cannot use."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from velatura_daemon.training.accelerating import new_accelerator
from velatura_daemon.training.checkpoint import State, checkpoints, read_newest, write_checkpoint
from velatura_daemon.training.loop import Run, generator_of, prepare_folder, train
from velatura_daemon.training.losses import LossLog
from velatura_daemon.training.optimizers import Share
from velatura_daemon.training.pictures import read_folder
from velatura_daemon.training.settings import BaseSettings, TrainingSettings, VaeSettings, read_settings
from velatura_protocol.errors import VelaturaError


def refused(action: object, *arguments: object, **options: object) -> str:
    """The sentence of the error that the call ends with, of the family of the asker."""
    assert callable(action)
    with pytest.raises(VelaturaError) as caught:
        action(*arguments, **options)
    assert "asker" == caught.value.info.family
    return caught.value.info.message


def test_empty_and_missing_folders_say_what_is_wanted(tmp_path: Path) -> None:
    """Both sentences tell how a data folder looks."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert "metadata.jsonl" in refused(read_folder, folder)


def test_unusable_pictures_are_listed_and_the_others_kept(squares: Path, tmp_path: Path) -> None:
    """Of five, one has no caption, one is no image and one is missing; captions may be several lines."""
    for index in range(3):
        shutil.copy(squares / f"{index}.png", tmp_path / f"{index}.png")
    (tmp_path / "0.txt").write_text("a red square\n\nred square\n", encoding="utf-8")
    (tmp_path / "1.txt").write_text("a green square", encoding="utf-8")
    (tmp_path / "torn.png").write_bytes((squares / "0.png").read_bytes()[:60])
    (tmp_path / "torn.txt").write_text("torn", encoding="utf-8")
    folder = read_folder(tmp_path)

    assert [("a red square", "red square"), ("a green square",)] == [one.captions for one in folder.pictures]
    assert {"2.png", "torn.png"} == {problem.path.name for problem in folder.problems}


def test_metadata_names_captions_and_maps(tmp_path: Path) -> None:
    """Lines that are no objects and files that are not there are problems, not ends."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    rows = [
        {"file_name": "a.png", "text": "one", "depth": "d.png", "background": "red"},
        {"file_name": "b.png", "text": "x"},
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join([json.dumps(row) for row in rows] + ["{"]), encoding="utf-8")
    folder = read_folder(tmp_path)

    assert [{"depth": tmp_path / "d.png"}] == [dict(one.maps) for one in folder.pictures]
    assert ["line 3", "no such"] == sorted(problem.reason[:7].strip() for problem in folder.problems)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("stepz = 3", "stepz"),
        ('steps = "many"', "steps"),
        ("steps = 0", "steps"),
        ('precision = "fp16"', "precision"),
        ("steps = ", "cannot be read"),
    ],
)
def test_settings_that_cannot_be_used_are_named(content: str, named: str, tmp_path: Path) -> None:
    """Unknown keys, wrong types and values out of range, each by its name."""
    file = tmp_path / "settings.toml"
    file.write_text(content, encoding="utf-8")

    assert named in refused(read_settings, BaseSettings, file)


def test_options_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    """An option that was not given changes nothing; whole numbers do for fractions."""
    file = tmp_path / "settings.toml"
    file.write_text("steps = 7\nbatch_size = 2\nlearning_rate = 1\nblock_out_channels = [8, 16]", encoding="utf-8")
    settings = read_settings(VaeSettings, file, steps=9, seed=None)

    assert (9, 2, 1.0, (8, 16), 0) == (
        settings.steps,
        settings.batch_size,
        settings.learning_rate,
        settings.block_out_channels,
        settings.seed,
    )


def test_folders_in_use_are_left_alone(tmp_path: Path) -> None:
    """Not empty, a run without --resume, and a resumed run that asks for something else."""
    foreign, out = tmp_path / "foreign", tmp_path / "out"
    foreign.mkdir()
    (foreign / "painting.kra").write_text("precious")
    settings = TrainingSettings(steps=3)
    prepare_folder(Run(settings, out, resume=False, facts={"base": "a"}))

    assert "not empty" in refused(prepare_folder, Run(settings, foreign, resume=False, facts={}))
    assert "--resume" in refused(prepare_folder, Run(settings, out, resume=False, facts={"base": "a"}))
    assert "base = 'a'" in refused(prepare_folder, Run(settings, out, resume=True, facts={"base": "b"}))
    prepare_folder(Run(settings, out, resume=True, facts={"base": "a"}))
    assert "precious" == (foreign / "painting.kra").read_text()


class Line:
    """Learns one number; its loss is no number at step ``breaks_at``."""

    def __init__(self, breaks_at: int = -1) -> None:
        self.number = torch.nn.Parameter(torch.zeros(1))
        self.breaks_at = breaks_at

    def shares(self) -> list[Share]:
        return [Share({"number": self.number})]

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        noise = torch.rand(1, generator=random)
        return (self.number - noise).square().sum() / (0.0 if step == self.breaks_at else 1.0)

    def samples(self) -> Image.Image:
        return Image.new("RGB", (1, 1))

    def save(self, folder: Path) -> None:
        (folder / "number.txt").write_text(f"{self.number.item():.9f}")


class Quiet:
    def progress(self, step: int, of: int, loss: float) -> None: ...

    def say(self, text: str) -> None: ...


def test_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    """The sentence says what to change; resumed with lower rates, the run ends well."""
    settings = TrainingSettings(steps=12, checkpoint_every=4, precision="fp32")
    run = Run(settings, tmp_path / "run", resume=False, facts={})
    prepare_folder(run)
    said = refused(train, Line(breaks_at=9), run, new_accelerator("fp32", "cpu", print), Quiet())

    assert "step 10" in said
    assert "state of step 8 is kept" in said
    assert "learning_rate" in said
    gentler = TrainingSettings(steps=12, checkpoint_every=4, precision="fp32", adam_learning_rate=1e-5)
    again = Run(gentler, tmp_path / "run", resume=True, facts={})
    prepare_folder(again)
    assert train(Line(), again, new_accelerator("fp32", "cpu", print), Quiet())
    assert (tmp_path / "run" / "number.txt").is_file()


def test_checkpoints_are_whole_or_not_there_and_two_are_kept(tmp_path: Path) -> None:
    """A torn one from a killed run is not seen; the newest is read back as it was written."""
    for step in (1, 2, 3):
        write_checkpoint(tmp_path, State(step, {"weights/a": torch.full((2,), float(step))}, {}))
    (tmp_path / "checkpoint-00000004.new").mkdir()
    newest = read_newest(tmp_path)

    assert ["checkpoint-00000002", "checkpoint-00000003"] == [path.name for path in checkpoints(tmp_path)]
    assert newest is not None
    assert (3, [3.0, 3.0]) == (newest.step, newest.tensors["weights/a"].tolist())


def test_full_disk_keeps_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room for the next one: an error of the machine, and the one before is still read."""
    write_checkpoint(tmp_path, State(1, {"weights/a": torch.zeros(8)}, {}))
    monkeypatch.setattr("shutil.disk_usage", lambda _path: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(VelaturaError) as caught:
        write_checkpoint(tmp_path, State(2, {"weights/a": torch.zeros(1 << 20)}, {}))

    assert "disk_full" == caught.value.info.code
    newest = read_newest(tmp_path)
    assert newest is not None
    assert 1 == newest.step


def test_losses_after_the_kept_state_are_dropped(tmp_path: Path) -> None:
    """A killed run has noted steps that the resumed one does again, and perhaps half a line."""
    log = LossLog(tmp_path, keep=0)
    for step in range(5):
        log.add(step, float(step))
    with (tmp_path / "losses.jsonl").open("a") as file:
        file.write('{"step": 5, "lo')

    assert [0.0, 1.0, 2.0] == LossLog(tmp_path, keep=3).losses()


def test_each_step_has_random_numbers_of_its_own() -> None:
    """The same for the same seed and step, others for the next step and seed."""

    def first(seed: int, step: int) -> float:
        return float(torch.rand(1, generator=generator_of(seed, step)))

    assert first(1, 7) == first(1, 7)
    assert 3 == len({first(1, 7), first(1, 8), first(2, 7)})
