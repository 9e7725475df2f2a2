"""What a sampler file must define."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sampler:
    """A way through the noise schedule (called "scheduler" in diffusers).

    Attributes:
        id: stable name in requests.
        build: from the model's own ``scheduler_config.json``, whose betas and prediction type it keeps, to a fresh
            diffusers scheduler. Imports diffusers only when called.
    """

    id: str
    label: str
    build: Callable[[Mapping[str, Any]], Any]
