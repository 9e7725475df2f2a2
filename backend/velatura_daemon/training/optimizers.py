"""Which parameter is moved by which optimizer, and how fast at which step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch.nn import Parameter

from .muon import Muon
from .settings import TrainingSettings

#: Layers where a network meets what is not its own space, latents or token ids: there no direction is like another.
_OUTER_LAYERS = ("conv_in.", "conv_out.", "token_embedding.", "position_embedding.")
_ADAM_BETAS = (0.9, 0.99)
_MUON_WEIGHT_DECAY = 0.01
#: What is left of the rates at the end.
_FINAL_SHARE = 0.02


@dataclass(frozen=True)
class Share:
    """Parameters that move at ``rate_share`` of the learning rates."""

    parameters: Mapping[str, Parameter]
    rate_share: float = 1.0


class Optimizers:
    """Muon for matrices and convolutions, AdamW for the rest, both on one schedule."""

    def __init__(self, shares: Sequence[Share], settings: TrainingSettings) -> None:
        self._settings = settings
        muon_groups, adam_groups = [], []
        for share in shares:
            matrices = [one for name, one in share.parameters.items() if _is_inner_matrix(name, one)]
            others = [one for name, one in share.parameters.items() if not _is_inner_matrix(name, one)]
            if matrices:
                muon_groups.append({"params": matrices, "full_rate": settings.learning_rate * share.rate_share})
            if others:
                adam_groups.append({"params": others, "full_rate": settings.adam_learning_rate * share.rate_share})
        self._all: list[torch.optim.Optimizer] = []
        if muon_groups:
            self._all.append(Muon(muon_groups, lr=0.0, weight_decay=_MUON_WEIGHT_DECAY))
        if adam_groups:
            self._all.append(torch.optim.AdamW(adam_groups, lr=0.0, betas=_ADAM_BETAS, weight_decay=0.0))
        self._parameters = {name: one for share in shares for name, one in share.parameters.items()}

    def step(self, step: int) -> None:
        """Apply the gradients as those of ``step`` (0 is the first) and clear them."""
        rate_share = schedule(step, self._settings)
        for optimizer in self._all:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * rate_share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, torch.Tensor]:
        """By ``NAME OF THE VALUE/NAME OF THE PARAMETER``."""
        return {
            f"{key}/{name}": value
            for name, parameter in self._parameters.items()
            for optimizer in self._all
            for key, value in optimizer.state.get(parameter, {}).items()
        }

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """As ``state`` gave it."""
        for optimizer in self._all:
            own = {parameter for group in optimizer.param_groups for parameter in group["params"]}
            for label, value in state.items():
                key, _, name = label.partition("/")
                parameter = self._parameters[name]
                if parameter in own:
                    # AdamW counts its steps on the CPU wherever the weights are
                    optimizer.state[parameter][key] = value if key == "step" else value.to(parameter.device)


def schedule(step: int, settings: TrainingSettings) -> float:
    """The share of the full learning rate: up over the warm-up, level, then straight down to almost nothing."""
    rising = min(1.0, (step + 1) / max(settings.warmup_steps, 1))
    left = (settings.steps - step) / max(settings.steps * settings.decay_share, 1)
    return rising * max(_FINAL_SHARE, min(1.0, left))


def _is_inner_matrix(name: str, parameter: Parameter) -> bool:
    return parameter.ndim >= 2 and not any(outer in name for outer in _OUTER_LAYERS)
