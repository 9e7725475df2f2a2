"""Which build of torch goes with which machine, row by row."""

from pathlib import Path

import pytest

from install import torch_builds
from install.problems import InstallError
from velatura_cli.krita_places import Host

RTX_5090 = "580.95, 12.0, NVIDIA GeForce RTX 5090"
RTX_3060 = "560.35, 8.6, NVIDIA GeForce RTX 3060"
GTX_1080 = "580.95, 6.1, NVIDIA GeForce GTX 1080"
OLD_DRIVER = "470.82, 8.6, NVIDIA GeForce RTX 3060"
BLACKWELL_OLD_DRIVER = "570.1, 12.0, NVIDIA GeForce RTX 5090"


def host(system: str, machine: str = "x86_64") -> Host:
    return Host(system, machine, Path("/home/ada"), {})


def probe_of(**answers: str):
    """A probe that knows these programs; the underscore in a keyword stands for the hyphen in the program's name."""
    return lambda command: answers.get(command[0].replace("-", "_"))


@pytest.mark.parametrize(
    ("choice", "system", "answers", "expected"),
    [
        ("auto", "linux", {}, "torch==2.13.0+cpu"),
        ("auto", "windows", {}, "torch==2.13.0"),
        ("auto", "linux", {"nvidia_smi": RTX_5090}, "torch==2.13.0+cu130"),
        ("auto", "windows", {"nvidia_smi": RTX_5090}, "torch==2.13.0+cu130"),
        ("auto", "linux", {"nvidia_smi": RTX_3060}, "torch==2.13.0+cu126"),
        ("auto", "linux", {"nvidia_smi": GTX_1080}, "torch==2.13.0+cu126"),
        ("auto", "linux", {"nvidia_smi": f"{RTX_5090}\n{GTX_1080}\n"}, "torch==2.13.0+cu126"),
        ("auto", "linux", {"nvidia_smi": OLD_DRIVER}, "torch==2.13.0+cpu"),
        ("auto", "linux", {"nvidia_smi": BLACKWELL_OLD_DRIVER}, "torch==2.13.0+cpu"),
        ("auto", "linux", {"nvidia_smi": "No devices were found"}, "torch==2.13.0+cpu"),
        ("auto", "linux", {"nvidia_smi": "[N/A], [N/A], NVIDIA"}, "torch==2.13.0+cpu"),
        ("auto", "linux", {"rocminfo": "Agent 2\n  Name: gfx1100\n"}, "torch==2.13.0+rocm7.2"),
        ("auto", "linux", {"rocminfo": "Agent 1\n  Name: AMD Ryzen\n"}, "torch==2.13.0+cpu"),
        ("auto", "windows", {"rocminfo": "Name: gfx1100"}, "torch==2.13.0"),
        ("cpu", "linux", {"nvidia_smi": RTX_5090}, "torch==2.13.0+cpu"),
        ("cuda", "linux", {}, "torch==2.13.0+cu130"),
        ("cuda", "linux", {"nvidia_smi": GTX_1080}, "torch==2.13.0+cu126"),
        ("rocm", "linux", {}, "torch==2.13.0+rocm7.2"),
        ("xpu", "windows", {}, "torch==2.13.0+xpu"),
    ],
)
def test_build_for_a_machine(choice, system, answers, expected):
    """Driver, GPU and system decide the build, and a person's own choice goes first."""
    build, why = torch_builds.choose(choice, host(system), probe_of(**answers))
    assert (expected, True) == (build.requirement, bool(why))


def test_apple_processor():
    """On a Mac with an Apple processor the plain build uses the GPU."""
    build, _ = torch_builds.choose("auto", host("macos", "aarch64"), probe_of())
    assert ("mps", "torch==2.13.0") == (build.family, build.requirement)


@pytest.mark.parametrize(
    ("choice", "where"),
    [
        ("rocm", host("windows")),
        ("cuda", host("macos", "aarch64")),
        ("xpu", host("macos", "aarch64")),
        ("auto", host("macos", "x86_64")),
    ],
)
def test_where_there_is_no_build(choice, where):
    """What PyTorch does not publish is refused in a sentence, before anything is fetched."""
    with pytest.raises(InstallError, match="torch"):
        torch_builds.choose(choice, where, probe_of())


def test_sources_of_the_cpu_build():
    """The person's own sources first, then PyTorch's index, then the large plain build with a word about its size."""
    own, public, plain = torch_builds.attempts(torch_builds.CPU)
    assert ("torch==2.13.0+cpu", None) == (own.requirement, own.index)
    assert ("torch==2.13.0+cpu", "https://download.pytorch.org/whl/cpu") == (public.requirement, public.index)
    assert ("torch==2.13.0", None, True) == (plain.requirement, plain.index, "GB" in plain.note)


@pytest.mark.parametrize("build", [torch_builds.ROCM_7_2, torch_builds.XPU])
def test_plain_build_is_no_way_out_for_other_gpus(build):
    """The plain build cannot use these GPUs, so it is never taken in their place."""
    assert [build.requirement] * 2 == [attempt.requirement for attempt in torch_builds.attempts(build)]


def test_probe_of_a_missing_program():
    """A tool that is not installed answers nothing and raises nothing."""
    assert torch_builds.run_probe(("velatura-no-such-program",)) is None
