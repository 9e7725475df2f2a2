"""The benchmark's two ways are the same work."""

import json
import sys

import pytest

from velatura_daemon.diffusion.benchmark import main, measure


def test_our_picture_is_the_one_of_bare_diffusers() -> None:
    """Same weights, sampler, prompt and seed: not one code value of difference, so the times can be compared."""
    figures = measure(device="cpu", steps=3, rounds=1)

    assert 0 == figures["largest_difference"]
    assert {"bare_s", "ours_s", "overhead", "steps", "width", "height", "device"} <= set(figures)


def test_the_command_prints_one_json_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing else, so that `velatura bench` can read it."""
    arguments = ["--json", "--device", "cpu", "--steps", "1", "--rounds", "1"]
    monkeypatch.setattr(sys, "argv", ["benchmark", *arguments])

    main()

    assert "pipeline" == json.loads(capsys.readouterr().out)["benchmark"]
