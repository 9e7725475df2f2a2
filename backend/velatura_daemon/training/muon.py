"""Muon: momentum whose matrix is made orthogonal before it is applied.

Keller Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/ ; the scale of 0.2 sqrt(longer side) is that of
Liu et al. 2025, arXiv:2502.16982, and lets one learning rate serve matrices of every shape. ``torch.optim.Muon`` takes
matrices alone; here a convolution's kernel (out, in, height, width) counts as the matrix (out, in * height * width).

Why it is here: with little to spend it learns far faster than AdamW. The autoencoder of 2.6 million parameters reached
20.9 dB on held-out pictures after 224 steps of 6, and 14.4 dB with AdamW after 238 (150 seconds of one CPU core each).
"""

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch.nn import Parameter

#: Coefficients of the quintic Newton-Schulz iteration, chosen by its authors for the steepest slope at zero.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_SCALE = 0.2
_TINY = 1e-7


class Muon(torch.optim.Optimizer):
    """For parameters of two or more axes; biases, norms, embeddings and outer layers belong to AdamW."""

    def __init__(
        self,
        parameters: Iterable[Parameter] | Iterable[dict[str, Any]],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
    ) -> None:
        """``weight_decay``: weights shrink by this share of the learning rate in each step (decoupled)."""
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """``closure`` is the base class's and not used."""
        del closure
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[tuple[Parameter, torch.Tensor]]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    update = self._nesterov(parameter, group["momentum"])
                    by_shape.setdefault(tuple(update.shape), []).append((parameter, update))
            for shape, members in by_shape.items():  # one batched product for all of a shape
                updates = orthogonalised(torch.stack([update for _, update in members]))
                rate = group["lr"] * _SCALE * max(shape) ** 0.5
                for (parameter, _), update in zip(members, updates, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update.reshape(parameter.shape).to(parameter.dtype), alpha=-rate)

    def _nesterov(self, parameter: Parameter, momentum: float) -> torch.Tensor:
        """The update as a matrix."""
        gradient = cast(torch.Tensor, parameter.grad)  # of those without one, nobody asks
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        average: torch.Tensor = state["momentum"]
        average.lerp_(gradient, 1 - momentum)
        return gradient.lerp(average, momentum).reshape(gradient.shape[0], -1)


def orthogonalised(matrices: torch.Tensor) -> torch.Tensor:
    """(count, rows, columns) to the same shape in bfloat16 with singular values near 1 (between about 0.7 and 1.2)."""
    a, b, c = _QUINTIC
    x = matrices.bfloat16()
    is_tall = x.shape[-2] > x.shape[-1]
    if is_tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + _TINY)
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if is_tall else x
