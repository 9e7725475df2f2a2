"""DDIM, deterministic (Song et al. 2021, arXiv:2010.02502)."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler

    return DDIMScheduler.from_config(dict(scheduler_config), clip_sample=False)


SAMPLER = Sampler(id="ddim", label="DDIM", build=_build)
