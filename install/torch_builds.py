"""Which build of torch fits this machine, and where to ask for it, as tables.

The public facts behind them, for torch 2.13: builds for CUDA 13.0 (what the package index carries for Linux) and
CUDA 12.6, ROCm 7.2, Intel XPU, and the CPU. CUDA 13 needs driver 580 and Turing (compute capability 7.5) or newer; the
CUDA 12.6 build serves Maxwell (5.0) to Hopper (9.0) from driver 525 on.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from install.problems import InstallError
from velatura_cli.krita_places import Host

TORCH_VERSION = "2.13.0"
PUBLIC_INDEX = "https://download.pytorch.org/whl/"
CHOICES = ("auto", "cpu", "cuda", "rocm", "xpu")
#: Asking a GPU's own tool takes well under a second; a tool that hangs longer belongs to a broken driver.
PROBE_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class TorchBuild:
    """``family``: cpu, cuda, rocm, xpu or mps. ``label``: what follows ``+`` in the version, or empty.

    ``disk_bytes``: room for the whole environment while it is made. Measured for cpu on Linux (1.5e9 when done),
    estimated for the others from the sizes of the published files.
    """

    family: str
    label: str
    disk_bytes: float

    @property
    def requirement(self) -> str:
        return f"torch=={TORCH_VERSION}+{self.label}" if self.label else f"torch=={TORCH_VERSION}"


@dataclass(frozen=True)
class Attempt:
    """One request to pip. ``index``: one besides the configured ones, or None. ``note``: said before it is tried."""

    requirement: str
    index: str | None
    note: str


CPU = TorchBuild("cpu", "cpu", 2.5e9)
CPU_PLAIN = TorchBuild("cpu", "", 2.5e9)
MPS = TorchBuild("mps", "", 2.5e9)
CUDA_13_0 = TorchBuild("cuda", "cu130", 9e9)
CUDA_12_6 = TorchBuild("cuda", "cu126", 9e9)
ROCM_7_2 = TorchBuild("rocm", "rocm7.2", 18e9)
XPU = TorchBuild("xpu", "xpu", 9e9)

#: (least driver major, least and greatest compute capability, build); the first row that fits is taken.
CUDA_ROWS = (
    (580, (7, 5), (99, 0), CUDA_13_0),
    (525, (5, 0), (9, 0), CUDA_12_6),
)
#: Families by system, for the choices that name one.
SYSTEMS = {
    "cpu": ("linux", "windows", "macos"),
    "cuda": ("linux", "windows"),
    "rocm": ("linux",),
    "xpu": ("linux", "windows"),
}


@dataclass(frozen=True)
class Nvidia:
    """What nvidia-smi says: the driver's major version, and the lowest compute capability among the GPUs."""

    name: str
    driver: int
    capability: tuple[int, int]


#: Runs a program and returns its standard output; None where it is missing, fails or hangs.
Probe = Callable[[tuple[str, ...]], "str | None"]


def run_probe(command: tuple[str, ...]) -> str | None:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=PROBE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def find_nvidia(probe: Probe) -> Nvidia | None:
    answer = probe(("nvidia-smi", "--query-gpu=driver_version,compute_cap,name", "--format=csv,noheader"))
    gpus = []
    for line in (answer or "").splitlines():
        fields = [field.strip() for field in line.split(",", 2)]
        if len(fields) != 3:
            continue
        driver, _, _ = fields[0].partition(".")
        major, _, minor = fields[1].partition(".")
        if driver.isdigit() and major.isdigit() and minor.isdigit():
            gpus.append(Nvidia(fields[2], int(driver), (int(major), int(minor))))
    return min(gpus, key=lambda gpu: gpu.capability, default=None)


def find_rocm(probe: Probe) -> bool:
    """Whether rocminfo lists an AMD GPU: its agents are named gfx and a number; the processor's agent is not."""
    return "gfx" in (probe(("rocminfo",)) or "")


def choose(choice: str, host: Host, probe: Probe = run_probe) -> tuple[TorchBuild, str]:
    """The build for a ``--torch`` choice, and one sentence that says why. Raises InstallError where there is none."""
    if choice == "auto":
        return _choose_by_hardware(host, probe)
    if host.system not in SYSTEMS[choice]:
        raise InstallError(
            f"There is no {choice} build of torch for {host.system}. Use --torch auto, which takes the one that fits."
        )
    if choice == "cuda":
        return _choose_cuda(find_nvidia(probe)) or (
            CUDA_13_0,
            "No NVIDIA GPU answered; taking the CUDA 13.0 build as asked.",
        )
    builds = {"cpu": _cpu_build(host), "rocm": ROCM_7_2, "xpu": XPU}
    return builds[choice], f"Taking the {choice} build as asked."


def _choose_by_hardware(host: Host, probe: Probe) -> tuple[TorchBuild, str]:
    if host.system == "macos":
        if host.machine == "aarch64":
            return MPS, "Apple's GPU is used through the ordinary build."
        raise InstallError(
            f"torch {TORCH_VERSION} is not made for Macs with an Intel processor, so Velatura cannot run here."
        )
    nvidia = find_nvidia(probe)
    if nvidia is not None:
        chosen = _choose_cuda(nvidia)
        if chosen is not None:
            return chosen
        return _cpu_build(host), (
            f"{nvidia.name} with driver {nvidia.driver} is served by no build of torch {TORCH_VERSION}: "
            "a driver of 580 or newer may help. Until then the processor does the work."
        )
    if host.system == "linux" and find_rocm(probe):
        return ROCM_7_2, "rocminfo lists an AMD GPU."
    return _cpu_build(
        host
    ), "No NVIDIA or AMD GPU answered, so the processor does the work (--torch cuda, rocm or xpu to differ)."


def _choose_cuda(nvidia: Nvidia | None) -> tuple[TorchBuild, str] | None:
    if nvidia is None:
        return None
    for driver, lowest, highest, build in CUDA_ROWS:
        if nvidia.driver >= driver and lowest <= nvidia.capability <= highest:
            return build, f"{nvidia.name}, driver {nvidia.driver}."
    return None


def _cpu_build(host: Host) -> TorchBuild:
    """On Linux the plain version carries CUDA, so the small one has a label; elsewhere the plain one is small."""
    return CPU if host.system == "linux" else CPU_PLAIN


def attempts(build: TorchBuild) -> tuple[Attempt, ...]:
    """What to ask pip for, in order: the user's own sources, PyTorch's public index, then the plain version."""
    own = Attempt(build.requirement, None, "")
    if not build.label:
        return (own,)
    public = Attempt(
        build.requirement, PUBLIC_INDEX + build.label, "Not in your package sources; asking PyTorch's own index."
    )
    if build.family in ("rocm", "xpu"):
        return own, public  # the plain version knows nothing of these GPUs
    note = "PyTorch's own index did not answer; taking the plain build from your package sources."
    if build.family == "cpu":
        note += " On Linux it carries CUDA with it: about 3 GB to fetch, and 6 GB on disk."
    return own, public, Attempt(f"torch=={TORCH_VERSION}", None, note)
