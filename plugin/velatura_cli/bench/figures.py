"""Numbers of a benchmark and where they were taken."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import zmq

from velatura_protocol.version import PACKAGE_VERSION


def milliseconds(action: Callable[[], object]) -> float:
    """How long ``action`` takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def summary(values: list[float]) -> dict[str, float | int]:
    """Median, fastest and slowest, rounded to hundredths; ``n`` is how many."""
    return {
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
        "n": len(values),
    }


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "pyzmq": zmq.pyzmq_version(),
        "velatura": PACKAGE_VERSION,
    }
