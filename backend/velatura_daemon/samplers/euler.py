"""Euler's method on the probability flow (Karras et al. 2022, arXiv:2206.00364, algorithm 2 without churn)."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    return EulerDiscreteScheduler.from_config(dict(scheduler_config), use_karras_sigmas=False)


SAMPLER = Sampler(id="euler", label="Euler", build=_build)
