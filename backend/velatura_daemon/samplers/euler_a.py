"""Euler steps with fresh noise after each ("ancestral"; after k-diffusion). The noise belongs to the image's seed."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_euler_ancestral_discrete import EulerAncestralDiscreteScheduler

    return EulerAncestralDiscreteScheduler.from_config(dict(scheduler_config))


SAMPLER = Sampler(id="euler_a", label="Euler a", build=_build)
