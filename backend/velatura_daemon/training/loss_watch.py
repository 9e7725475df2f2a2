"""Looks whether losses and gradients are numbers, without making a GPU wait for each."""

import math

import torch

from .losses import LossLog


class NotANumberError(Exception):
    """``step``: 0 is the first."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


class LossWatch:
    """Collects values on their device and reads them together.

    Whoever writes a state or a picture settles first, so that nothing is kept that comes of a step gone astray.
    """

    def __init__(self, log: LossLog, every: int) -> None:
        """``every``: steps between two looks; 1 looks at each value at once, before it is acted upon."""
        self._log, self._every = log, every
        self._waiting: list[tuple[int, torch.Tensor, bool]] = []

    def loss(self, step: int, value: torch.Tensor) -> None:
        """``value``: a scalar. Raises ``NotANumberError``, for a step before this one too."""
        self._waiting.append((step, value.detach().float(), True))
        if step % self._every == 0:
            self.settle()

    def gradient(self, step: int, norm: torch.Tensor) -> None:
        """``norm``: the length of all gradients, a scalar. Raises as ``loss`` does."""
        self._waiting.append((step, norm.detach().float(), False))
        if self._every == 1:
            self.settle()

    def settle(self) -> None:
        """Reads what waits, and notes losses in the log, up to the first value that is no number.

        Raises:
            NotANumberError.
        """
        waiting, self._waiting = self._waiting, []
        values: list[float] = torch.stack([value for _, value, _ in waiting]).tolist() if waiting else []
        for (step, _, is_loss), value in zip(waiting, values, strict=True):
            if not math.isfinite(value):
                raise NotANumberError(step)
            if is_loss:
                self._log.add(step, value)
