"""DPM-Solver++ 2M on the noise levels of Karras et al. (2022, arXiv:2206.00364, equation 5)."""

from collections.abc import Mapping
from typing import Any

from .sampler import Sampler


def _build(scheduler_config: Mapping[str, Any]) -> Any:
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler.from_config(
        dict(scheduler_config), algorithm_type="dpmsolver++", solver_order=2, use_karras_sigmas=True
    )


SAMPLER = Sampler(id="dpmpp_2m_karras", label="DPM++ 2M Karras", build=_build)
