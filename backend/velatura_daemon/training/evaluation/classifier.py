"""Names the thing, its colour and the background of a picture. A small convolutional network, trained on renders."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from .distortions import distort
from .examples import UNKNOWN, Examples, Labels, seen

FloatArray = NDArray[np.float32]

#: Channels of the stages, each of which halves the side of the picture, and side of the kernel that does so.
WIDTHS = (32, 64, 128)
FIRST_SIDES = (5, 3, 3)
BATCH = 64
#: Peak of the one-cycle schedule (Smith and Topin 2017, arXiv:1708.07120).
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.2
#: Optimizer steps for each thing that is to be told apart.
STEPS_PER_THING = 40
SEED = 20_260
JUDGING_BATCH = 128


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """What the classifier says of n pictures: probabilities, float32, one row each, in the order of its labels."""

    things: FloatArray
    colours: FloatArray
    backgrounds: FloatArray

    def ranked_things(self) -> NDArray[np.int64]:
        """(n, things): indices, most probable first."""
        return np.argsort(-self.things, axis=1, kind="stable")


class Network(nn.Module):
    def __init__(self, labels: Labels) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for before, after, side in zip((3, *WIDTHS[:-1]), WIDTHS, FIRST_SIDES, strict=True):
            stages += [_convolution(before, after, side=side, stride=2), _convolution(after, after, side=3, stride=1)]
        self.body = nn.Sequential(*stages)
        self.dropout = nn.Dropout(DROPOUT)
        width = 2 * WIDTHS[-1]
        self.things = nn.Linear(width, len(labels.things))
        self.colours = nn.Linear(width, len(labels.colours))
        self.backgrounds = nn.Linear(width, len(labels.backgrounds))

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(n, 3, h, w), 0..1, to logits for things, colours and backgrounds."""
        features = self.body((pictures * 2 - 1).contiguous(memory_format=torch.channels_last))
        features = self.dropout(torch.cat([features.amax((2, 3)), features.mean((2, 3))], dim=1))
        return self.things(features), self.colours(features), self.backgrounds(features)


class Classifier:
    """``side``: of the pictures that it sees, in pixels; others are resized to it."""

    def __init__(self, labels: Labels, side: int, network: Network, device: str) -> None:
        self.labels, self.side = labels, side
        self._network, self._device = network.to(device).eval(), device

    def judge(self, pictures: list[NDArray[np.uint8]]) -> Verdicts:
        """``pictures``: each (height, width, 3) uint8, any size."""
        resized = np.stack([seen(picture, self.side) for picture in pictures])
        outputs: list[tuple[torch.Tensor, ...]] = []
        with torch.no_grad():
            for batch in torch.from_numpy(resized).split(JUDGING_BATCH):
                logits = self._network(_to_unit_range(batch).to(self._device))
                outputs.append(tuple(part.float().softmax(1).cpu() for part in logits))
        things, colours, backgrounds = (torch.cat(parts).numpy() for parts in zip(*outputs, strict=True))
        return Verdicts(things=things, colours=colours, backgrounds=backgrounds)

    def save(self, path: Path) -> None:
        weights = {name: value.contiguous().cpu() for name, value in self._network.state_dict().items()}
        partial = path.with_name(path.name + ".part")
        save_file(weights, partial)
        partial.replace(path)


def load_classifier(path: Path, labels: Labels, side: int, device: str) -> Classifier:
    network = Network(labels)
    network.load_state_dict(load_file(path))
    return Classifier(labels, side, network, device)


def train_classifier(
    examples: Examples, labels: Labels, device: str, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Classifier:
    """The same examples give the same classifier, on the same device. ``progress``: steps done, and of how many."""
    side = examples.pictures.shape[1]
    steps = STEPS_PER_THING * len(labels.things)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network = Network(labels).to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        generator = torch.Generator().manual_seed(SEED)
        optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps)
        for step in range(steps):
            chosen = torch.randint(len(examples.pictures), (BATCH,), generator=generator).numpy()
            pictures = _to_unit_range(torch.from_numpy(examples.pictures[chosen])).to(device)
            with torch.autocast(device.partition(":")[0], torch.bfloat16):
                logits = network(distort(pictures, generator))
            loss = _loss(logits, examples, chosen, device)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            progress(step + 1, steps)
    return Classifier(labels, side, network, device)


def _loss(logits: tuple[torch.Tensor, ...], examples: Examples, chosen: NDArray[np.int64], device: str) -> torch.Tensor:
    labels = (examples.things, examples.colours, examples.backgrounds)
    return torch.stack(
        [
            _loss_where_known(part, torch.from_numpy(known[chosen]).to(device))
            for part, known in zip(logits, labels, strict=True)
        ]
    ).sum()


def _loss_where_known(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    # a sum and a count, because the mean over a batch without any known label is not a number
    total = functional.cross_entropy(logits.float(), labels, ignore_index=UNKNOWN, reduction="sum")
    return total / (labels != UNKNOWN).sum().clamp(min=1)


def _convolution(channels_in: int, channels_out: int, *, side: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, side, stride, side // 2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def _to_unit_range(pictures: torch.Tensor) -> torch.Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w), 0..1."""
    return pictures.permute(0, 3, 1, 2).float() / 255
