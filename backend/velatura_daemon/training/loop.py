"""The loop that every kind of training runs: step, average, checkpoint, samples; resumable from any interruption.

What happens in a step follows from the weights, the optimizer's state, the seed and the number of the step alone: each
step has a generator of its own. So a checkpoint needs no state of a data loader, and a resumed run ends as one that was
never interrupted.
"""

import json
import signal
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from accelerate import Accelerator
from PIL import Image
from torch.nn import Parameter

from velatura_protocol.errors import VelaturaError

from .accelerating import looks_at_losses_every
from .average import MovingAverage
from .checkpoint import State, read_newest, write_checkpoint
from .curve import draw_curve
from .loss_watch import LossWatch, NotANumberError
from .losses import LossLog
from .optimizers import Optimizers, Share
from .settings import TrainingSettings, as_plain
from .time_budget import TimeBudget

#: Of the folder that a run writes: everything about the run itself lies here, the result beside it.
RUN_FOLDER = "training"
_SETTINGS_FILE = "settings.json"
#: Settings that may differ in a resumed run, since they do not touch the weights.
_FREE_SETTINGS = ("checkpoint_every", "sample_every", "sample_prompts", "sample_steps", "sample_guidance", "save_dtype")
#: And those that may, though the result is then another one: what mends a run whose loss went astray.
_MENDING_SETTINGS = ("learning_rate", "adam_learning_rate", "warmup_steps", "gradient_norm", "precision")


class Task(Protocol):
    """What one kind of training trains."""

    def shares(self) -> Sequence[Share]:
        """The trained parameters; names are unique over all shares."""
        ...

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        """A scalar for one batch. Everything random comes from ``random``, a generator on the CPU."""
        ...

    def samples(self) -> Image.Image:
        """A picture that shows what the weights can do, always of the same prompts and seeds."""
        ...

    def save(self, folder: Path) -> None:
        """Write the result into ``folder``, which exists."""
        ...


class Reporter(Protocol):
    def progress(self, step: int, of: int, loss: float) -> None: ...

    def say(self, text: str) -> None: ...


@dataclass(frozen=True)
class Run:
    """A run to do. ``out``: its folder. ``facts``: what else must be the same when it is resumed, JSON values.

    ``budget``: when it is spent the run stops as by a signal.
    """

    settings: TrainingSettings
    out: Path
    resume: bool
    facts: Mapping[str, Any]
    budget: TimeBudget = field(default_factory=TimeBudget)


def prepare_folder(run: Run) -> None:
    """Makes the run's folder and writes down what is asked, or finds that a resumed run asks for the same.

    Raises:
        VelaturaError: ``invalid_value`` when the folder holds something else, or the settings differ.
    """
    folder = run.out / RUN_FOLDER
    asked = {**as_plain(run.settings), **run.facts}
    noted = folder / _SETTINGS_FILE
    if noted.is_file():
        if not run.resume:
            raise VelaturaError(
                "invalid_value", f"{run.out} holds a run already. Go on with it by --resume, or choose another folder."
            )
        before = json.loads(noted.read_text(encoding="utf-8"))
        for key, value in asked.items():
            if key not in _FREE_SETTINGS + _MENDING_SETTINGS and before.get(key) != value:
                raise VelaturaError(
                    "invalid_value",
                    f"The run in {run.out} had {key} = {before.get(key)!r}, and this asks for {value!r}. "
                    "Resume with the same, or choose another folder.",
                )
    elif run.out.exists() and any(path != folder for path in run.out.iterdir()):
        raise VelaturaError("invalid_value", f"{run.out} is not empty. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = noted.with_suffix(".new")
    unfinished.write_text(json.dumps(asked, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(noted)


def train(task: Task, run: Run, accelerator: Accelerator, reporter: Reporter) -> bool:
    """Run to the end and save the result; False when a signal stopped it before, its state kept.

    Raises:
        VelaturaError: ``invalid_value`` when the loss is no number any more, ``disk_full``.
    """
    settings, folder = run.settings, run.out / RUN_FOLDER
    shares = task.shares()
    parameters = {name: one for share in shares for name, one in share.parameters.items()}
    state = _TrainingState(parameters, Optimizers(shares, settings), MovingAverage(parameters, settings.average_decay))
    step = state.restore(read_newest(folder)) if run.resume else 0
    if step:
        reporter.say(f"Going on after step {step}.")
    log = LossLog(folder, keep=step)
    watch = LossWatch(log, looks_at_losses_every(accelerator))
    with _stop_signals(run.budget) as stop:
        try:
            while step < settings.steps and not stop.wanted:
                _step(task, state, step, settings, accelerator, watch)
                step += 1
                reporter.progress(step, settings.steps, log.recent)
                if step % settings.checkpoint_every == 0 or step == settings.steps or stop.wanted:
                    watch.settle()
                    write_checkpoint(folder, state.gathered(step))
                if step % settings.sample_every == 0 or step == settings.steps:
                    watch.settle()
                    _show(task, state, folder, step, log)
            watch.settle()
        except NotANumberError as error:
            raise _no_number(error.step, read_newest(folder)) from None
    if stop.wanted and step < settings.steps:
        if step % settings.checkpoint_every:
            write_checkpoint(folder, state.gathered(step))
        reporter.say(f"Stopped after step {step} of {settings.steps}. The state is kept.")
        return False
    with state.average.applied():
        task.save(run.out)
    return True


@dataclass
class _Stop:
    budget: TimeBudget
    is_asked: bool = False

    @property
    def wanted(self) -> bool:
        return self.is_asked or self.budget.is_spent


@dataclass(frozen=True)
class _TrainingState:
    parameters: Mapping[str, Parameter]
    optimizers: Optimizers
    average: MovingAverage

    def gathered(self, step: int) -> State:
        tensors = {f"weights/{name}": one.detach() for name, one in self.parameters.items()}
        tensors |= {f"average/{name}": one for name, one in self.average.state().items()}
        tensors |= {f"optimizer/{name}": one for name, one in self.optimizers.state().items()}
        return State(step=step, tensors={name: tensor.cpu().clone() for name, tensor in tensors.items()}, facts={})

    def restore(self, state: State | None) -> int:
        """The steps that are done."""
        if state is None:
            return 0
        with torch.no_grad():
            for name, value in _part(state, "weights").items():
                self.parameters[name].copy_(value)
        self.average.restore(_part(state, "average"))
        self.optimizers.restore(_part(state, "optimizer"))
        return state.step


def _part(state: State, part: str) -> dict[str, torch.Tensor]:
    prefix = f"{part}/"
    return {name.removeprefix(prefix): value for name, value in state.tensors.items() if name.startswith(prefix)}


def _step(
    task: Task, state: _TrainingState, step: int, settings: TrainingSettings, accelerator: Accelerator, watch: LossWatch
) -> None:
    """Raises ``NotANumberError``; where losses are looked at in each step, before the weights have moved."""
    with accelerator.autocast():
        loss = task.loss(step, generator_of(settings.seed, step))
    watch.loss(step, loss)
    accelerator.backward(loss)
    watch.gradient(step, torch.nn.utils.clip_grad_norm_(state.parameters.values(), settings.gradient_norm))
    state.optimizers.step(step)
    state.average.follow(step)


def generator_of(seed: int, step: int) -> torch.Generator:
    """The source of everything random in a step."""
    mixed = np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed) >> 1)


def _show(task: Task, state: _TrainingState, folder: Path, step: int, log: LossLog) -> None:
    with state.average.applied(), torch.no_grad():
        task.samples().save(folder / f"samples-{step:08d}.png")
    draw_curve(log.losses()).save(folder / "loss.png")


def _no_number(step: int, kept: State | None) -> VelaturaError:
    where = f"The state of step {kept.step} is kept" if kept else "No state was written yet"
    return VelaturaError(
        "invalid_value",
        f"The loss or its gradient is no number any more at step {step + 1}. {where}. Go on with --resume and a lower "
        'learning_rate and adam_learning_rate, or with precision = "fp32".',
    )


@contextmanager
def _stop_signals(budget: TimeBudget) -> Iterator[_Stop]:
    """Ctrl-C and a request to end are taken note of, and honoured after the step that is under way."""
    stop = _Stop(budget)

    def wish(_number: int, _frame: types.FrameType | None) -> None:
        stop.is_asked = True

    before = {number: signal.signal(number, wish) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
