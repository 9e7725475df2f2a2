"""The benchmark's two ways are the same work."""

import json
import subprocess
import sys

from velatura_daemon.diffusion.benchmark import measure


def test_our_picture_is_the_one_of_bare_diffusers() -> None:
    """Same weights, sampler, prompt and seed: not one code value of difference, so the times can be compared."""
    figures = measure(device="cpu", steps=3, rounds=1)

    assert 0 == figures["largest_difference"]
    assert {"bare_s", "ours_s", "overhead", "steps", "width", "height", "device"} <= set(figures)


def test_the_command_prints_one_json_object() -> None:
    """And nothing else, so that `velatura bench` can read it."""
    command = [sys.executable, "-m", "velatura_daemon.diffusion.benchmark", "--json", "--steps", "1", "--rounds", "1"]

    output = subprocess.run([*command, "--device", "cpu", "--threads", "1"], capture_output=True, text=True, check=True)

    assert "pipeline" == json.loads(output.stdout)["benchmark"]
