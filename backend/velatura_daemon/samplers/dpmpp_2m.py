"""DPM-Solver++ of second order, multistep (Lu et al. 2022, arXiv:2211.01095)."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler.from_config(
        dict(scheduler_config), algorithm_type="dpmsolver++", solver_order=2, use_karras_sigmas=False
    )


SAMPLER = Sampler(id="dpmpp_2m", label="DPM++ 2M", build=_build)
