"""The moving average of the weights, which makes better pictures than the weights themselves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch.nn import Parameter

#: While little was learnt the average follows faster: after n steps over about n / 20.
_EARLY = 20


class MovingAverage:
    def __init__(self, parameters: Mapping[str, Parameter], decay: float) -> None:
        self._parameters = dict(parameters)
        self._averages = {name: one.detach().clone() for name, one in parameters.items()}
        self._decay = decay

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Take in the weights after ``step`` (0 is the first)."""
        decay = min(self._decay, (1 + step) / (_EARLY + step))
        current = [one.detach() for one in self._parameters.values()]
        torch._foreach_lerp_(list(self._averages.values()), current, 1 - decay)  # pyright: ignore

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside the block the parameters hold the averages."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def state(self) -> dict[str, torch.Tensor]:
        return dict(self._averages)

    @torch.no_grad()
    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        for name, average in self._averages.items():
            average.copy_(state[name])

    @torch.no_grad()
    def _exchange(self) -> None:
        for name, parameter in self._parameters.items():
            parameter.data, self._averages[name] = self._averages[name], parameter.data
