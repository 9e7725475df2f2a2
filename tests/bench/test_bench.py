"""The benchmarks run through and give their figures; what they measure is not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ENGINES = Path(__file__).parents[1] / "client" / "engines"
COMMAND = [sys.executable, "-m", "velatura_daemon", "run", "--engine", "paint_engine:create_engine"]


@pytest.fixture(autouse=True)
def _test_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real daemon with an engine that needs no model."""
    monkeypatch.setenv("VELATURA_DAEMON_COMMAND", json.dumps(COMMAND))
    monkeypatch.setenv("PYTHONPATH", str(ENGINES))
    monkeypatch.setenv("VELATURA_STATE", str(tmp_path / "never-used"))


def bench(name: str) -> dict:
    """What `velatura bench NAME --json` prints: one object and nothing else."""
    command = [sys.executable, "-m", "velatura_cli", "bench", name, "--repeats", "1", "--json"]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert len(told.stdout.splitlines()) == 1
    return json.loads(told.stdout)


def test_transport(tmp_path: Path) -> None:
    """Every size raw and as PNG, and the fixed cost; the person's own state folder stays untouched."""
    figures = bench("transport")

    sizes = {"512x512", "1024x1024", "2048x2048"}
    assert set(figures["rgba"]) == sizes
    assert set(figures["png_control"]) == sizes
    assert figures["fixed_cost"]["median"] > 0
    assert not (tmp_path / "never-used").exists()


def test_startup() -> None:
    """Time to hello, time to import, and the idle share (which only Linux tells)."""
    figures = bench("startup")

    assert figures["process_start_to_hello_answered"]["n"] == 1
    assert figures["client_import"]["median"] > 0
    assert "supervisor_idle_percent_of_a_core" in figures


def test_selection_costs_the_same_on_any_canvas() -> None:
    """A very large canvas sends no more than a small one (but for a preview's credit, which is some bytes)."""
    figures = bench("selection")

    assert abs(figures["bytes_sent"]["8192x8192"] - figures["bytes_sent"]["1024x1024"]) < 1000
    assert figures["bytes_sent"]["1024x1024"] > 200 * 200 * 5
