"""UniPC, predictor-corrector (Zhao et al. 2023, arXiv:2302.04867)."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler

    return UniPCMultistepScheduler.from_config(dict(scheduler_config), use_karras_sigmas=False)


SAMPLER = Sampler(id="unipc", label="UniPC", build=_build)
