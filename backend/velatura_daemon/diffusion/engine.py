"""``create_engine``: what the worker process asks for. Importing this module imports no torch."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from velatura_daemon.engine_contract import Engine, EngineResult, EngineSettings, Observer
from velatura_protocol.request import GenerationRequest

if TYPE_CHECKING:
    from .painter import Painter

#: Set before any of the libraries is imported: they must never look for files on the network.
OFFLINE_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def create_engine(settings: EngineSettings) -> Engine:
    """Import the libraries (seconds), choose the device. Models are loaded when the first request names them.

    Raises:
        VelaturaError: ``invalid_value`` when the device is not there.
    """
    os.environ.update(OFFLINE_ENVIRONMENT)
    from .painter import Painter

    return DiffusionEngine(Painter(settings))


class DiffusionEngine:
    """Implements ``engine_contract.Engine``."""

    def __init__(self, painter: "Painter") -> None:
        self._painter = painter

    def describe(self) -> dict[str, str]:
        return self._painter.describe()

    def run(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        """Raises as ``engine_contract.Engine.run`` says."""
        return self._painter.paint(request, blobs, observer)
