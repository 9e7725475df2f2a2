"""Latent consistency sampling (Luo et al. 2023, arXiv:2310.04378), for models and LoRAs distilled for it."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_lcm import LCMScheduler

    return LCMScheduler.from_config(dict(scheduler_config))


SAMPLER = Sampler(id="lcm", label="LCM", build=_build)
