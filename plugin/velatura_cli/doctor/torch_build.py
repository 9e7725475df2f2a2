"""Whether the installed torch suits the graphics card. Asked in a process of its own: torch is slow and large."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

from .finding import FAULT, GOOD, NOTE, Finding

_WITHIN_S = 180.0
_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
print(json.dumps({
    "version": torch.__version__,
    "built_for": torch.version.cuda or torch.version.hip or "",
    "device": torch.cuda.get_device_name(0) if cuda else "",
    "capability": "sm_%d%d" % torch.cuda.get_device_capability(0) if cuda and torch.version.cuda else "",
    "architectures": torch.cuda.get_arch_list() if cuda else [],
    "mps": torch.backends.mps.is_available(),
    "xpu": torch.xpu.is_available() if hasattr(torch, "xpu") else False,
}))
"""


@dataclass(frozen=True)
class TorchFacts:
    """What the probe printed.

    Attributes:
        built_for: CUDA or ROCm version of the build, "" = for the CPU.
        capability: of the first card, such as ``sm_86``; "" = no CUDA card that works.
        architectures: what the build has code for, such as ``sm_80`` and ``compute_90``.
    """

    version: str
    built_for: str
    device: str
    capability: str
    architectures: tuple[str, ...]
    mps: bool
    xpu: bool


def examine_torch() -> list[Finding]:
    process = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_WITHIN_S, check=False
    )
    if process.returncode != 0:
        last = (process.stderr.strip().splitlines() or ["it said nothing"])[-1]
        repair = "Run python3 install demo again; --torch cpu chooses the build that runs everywhere."
        return [Finding("torch", FAULT, f"It cannot be loaded: {last}", repair)]
    given = json.loads(process.stdout.strip().splitlines()[-1])
    facts = TorchFacts(**{**given, "architectures": tuple(given["architectures"])})
    return [judge_torch(facts, has_nvidia_card=_has_nvidia_card())]


def judge_torch(facts: TorchFacts, *, has_nvidia_card: bool) -> Finding:
    """The finding for what the probe and the driver said."""
    if facts.device and facts.capability and not runs_on(facts.capability, facts.architectures):
        says = f"torch {facts.version} has no code for the {facts.device} ({facts.capability})."
        return Finding("torch", FAULT, says, "Install a build that has: python3 install demo --torch cuda")
    if facts.device:
        return Finding("torch", GOOD, f"{facts.version} on {facts.device}")
    if facts.mps or facts.xpu:
        return Finding("torch", GOOD, f"{facts.version} on {'Apple' if facts.mps else 'Intel'} graphics")
    if has_nvidia_card and not facts.built_for:
        says = f"torch {facts.version} is a build for the CPU, but there is an NVIDIA card."
        return Finding("torch", FAULT, says, "Install the other build: python3 install demo --torch cuda")
    if has_nvidia_card:
        says = f"torch {facts.version} cannot use the NVIDIA card; its driver may be older than CUDA {facts.built_for}."
        return Finding("torch", FAULT, says, "Update the NVIDIA driver and start the computer again.")
    repair = "Nothing to repair without a graphics card; pictures take longer."
    return Finding("torch", NOTE, f"{facts.version} on the CPU", repair)


def runs_on(capability: str, architectures: tuple[str, ...]) -> bool:
    """Whether a build with code for ``architectures`` runs on a card: same generation, or code to compile from.

    ``sm_86`` runs code of ``sm_80`` and ``sm_86``; any later card can compile ``compute_80``.
    """
    major, minor = _split(capability)
    for architecture in architectures:
        kind, _, _number = architecture.partition("_")
        known_major, known_minor = _split(architecture)
        if kind == "sm" and known_major == major and known_minor <= minor:
            return True
        if kind == "compute" and (known_major, known_minor) <= (major, minor):
            return True
    return False


def _split(architecture: str) -> tuple[int, int]:
    digits = "".join(character for character in architecture.partition("_")[2] if character.isdigit())
    return int(digits[:-1] or 0), int(digits[-1:] or 0)


def _has_nvidia_card() -> bool:
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30, check=False)
    return listed.returncode == 0 and "GPU" in listed.stdout
