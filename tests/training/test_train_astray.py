"""Losses and gradients that are no numbers, where each is looked at and where they are looked at together."""

import math
from pathlib import Path

import pytest
import torch
from PIL import Image

from velatura_daemon.training import accelerating, loop
from velatura_daemon.training.accelerating import new_accelerator
from velatura_daemon.training.checkpoint import checkpoints, read_newest
from velatura_daemon.training.loop import Run, prepare_folder, train
from velatura_daemon.training.loss_watch import LossWatch, NotANumberError
from velatura_daemon.training.losses import LossLog
from velatura_daemon.training.optimizers import Share
from velatura_daemon.training.settings import TrainingSettings
from velatura_protocol.errors import VelaturaError


class Line:
    """Learns two numbers. At step ``breaks_at`` its loss is no number, or only the gradient of it."""

    def __init__(self, breaks_at: int = -1, *, only_gradient: bool = False) -> None:
        torch.manual_seed(0)
        self.number = torch.nn.Parameter(torch.rand(2))
        self.breaks_at, self.only_gradient = breaks_at, only_gradient

    def shares(self) -> list[Share]:
        return [Share({"number": self.number})]

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        loss = (self.number - torch.rand(2, generator=random)).square().sum()
        if step != self.breaks_at:
            return loss
        return loss + (self.number * 0).sqrt().sum() if self.only_gradient else loss / 0.0

    def samples(self) -> Image.Image:
        return Image.new("RGB", (1, 1))

    def save(self, folder: Path) -> None:
        (folder / "number.txt").write_text(" ".join(value.hex() for value in self.number.tolist()))


class Quiet:
    def progress(self, step: int, of: int, loss: float) -> None: ...

    def say(self, text: str) -> None: ...


def result(task: Line, folder: Path, steps: int = 12) -> str:
    """The numbers to the last bit."""
    settings = TrainingSettings(steps=steps, checkpoint_every=4, sample_every=6, precision="fp32")
    run = Run(settings, folder, resume=False, facts={})
    prepare_folder(run)
    assert train(task, run, new_accelerator("fp32", "cpu", print), Quiet())
    return (folder / "number.txt").read_text()


@pytest.fixture(params=[1, 5, 100])
def look_every(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As on a CPU, and as on devices that are not asked after each step."""
    monkeypatch.setattr(loop, "looks_at_losses_every", lambda _accelerator: request.param)
    return request.param


@pytest.mark.parametrize("only_gradient", [False, True])
def test_a_run_gone_astray_keeps_the_last_good_state(look_every: int, only_gradient: bool, tmp_path: Path) -> None:
    """Astray at step 10, the states of steps 4 and 8 being written: nothing of step 10 is in what is kept."""
    with pytest.raises(VelaturaError) as caught:
        result(Line(breaks_at=9, only_gradient=only_gradient), tmp_path)
    newest = read_newest(tmp_path / "training")

    assert "at step 10. The state of step 8 is kept" in caught.value.info.message
    assert newest is not None
    assert 8 == newest.step
    assert all(torch.isfinite(tensor).all() for tensor in newest.tensors.values())
    assert ["checkpoint-00000004", "checkpoint-00000008"] == [path.name for path in checkpoints(tmp_path / "training")]
    noted = LossLog(tmp_path / "training", keep=12).losses()
    assert (10 if only_gradient else 9) == len(noted)
    assert all(math.isfinite(loss) for loss in noted)


def test_gradient_astray_just_before_a_state_is_written_is_noticed(look_every: int, tmp_path: Path) -> None:
    """Step 8 moved the weights to what is no number: its state is not written, that of step 4 stays."""
    with pytest.raises(VelaturaError, match=r"at step 8\. The state of step 4 is kept"):
        result(Line(breaks_at=7, only_gradient=True), tmp_path)


def test_how_often_losses_are_looked_at_changes_nothing(look_every: int, tmp_path: Path) -> None:
    """The same weights to the last bit, and a line for every loss."""
    together = result(Line(), tmp_path / "together")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "looks_at_losses_every", accelerating.looks_at_losses_every)
        each = result(Line(), tmp_path / "each")

    assert each == together
    logs = [LossLog(tmp_path / name / "training", keep=12).losses() for name in ("each", "together")]
    assert logs[0] == logs[1]
    assert 12 == len(logs[0])


def test_values_wait_until_they_are_due(tmp_path: Path) -> None:
    """Read at steps 0 and 3 and when something is to be kept; an earlier step's fault is told as that step's."""
    log = LossLog(tmp_path, keep=0)
    watch = LossWatch(log, every=3)
    seen: list[int] = []
    for step in range(5):
        watch.loss(step, torch.tensor(float(step)))
        watch.gradient(step, torch.tensor(1.0))
        seen.append(len(log.losses()))
    assert [1, 1, 1, 4, 4] == seen
    watch.settle()
    watch.settle()
    assert [0.0, 1.0, 2.0, 3.0, 4.0] == log.losses()

    watch.gradient(4, torch.tensor(math.nan))
    watch.loss(5, torch.tensor(1.0))
    with pytest.raises(NotANumberError) as caught:
        watch.loss(6, torch.tensor(1.0))
    assert 4 == caught.value.step


@pytest.mark.parametrize(
    ("precision", "has_bf16", "expected", "is_said"),
    [
        ("auto", True, "bf16", False),
        ("bf16", True, "bf16", False),
        ("fp32", True, "no", False),
        ("auto", False, "no", True),
        ("bf16", False, "no", True),
        ("fp32", False, "no", False),
    ],
)
def test_gpu_without_bfloat16_trains_in_float32_and_it_is_said(
    precision: str, has_bf16: bool, expected: str, is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is pretended; what is asked of accelerate, and what the person reads, is real."""
    from types import SimpleNamespace

    asked: list[str] = []
    said: list[str] = []
    monkeypatch.setattr(accelerating, "choose_placement", lambda _device: SimpleNamespace(device="cuda"))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_options: has_bf16)
    monkeypatch.setattr(accelerating, "Accelerator", lambda mixed_precision, **_options: asked.append(mixed_precision))
    new_accelerator(precision, "cuda", said.append)

    assert [expected] == asked
    assert is_said == any("bfloat16" in line for line in said)


def test_runs_of_one_process_may_have_different_formats() -> None:
    """As the stages of a whole model may: accelerate by itself refuses the second."""
    formats = [new_accelerator(precision, "cpu", print).mixed_precision for precision in ("bf16", "fp32", "bf16")]

    assert ["bf16", "no", "bf16"] == formats
