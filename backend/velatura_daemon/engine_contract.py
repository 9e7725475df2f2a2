"""The seam between the worker process, which speaks with the supervisor, and the engine, which makes pictures.

Neither imports the other: the worker is tested with engines that sleep, crash or hang, the engine without sockets.
No torch here, so that both sides of the wall may import it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from velatura_protocol.messages import Report
from velatura_protocol.request import GenerationRequest


class CancelledError(Exception):
    """Raised by ``Observer.check_cancelled`` and carried out through the engine: the job ends without a result."""


class Observer(Protocol):
    """What an engine tells while it works. Every call is cheap; the engine makes at least one per denoising step."""

    def stage(self, name: str, step: int = 0, of: int = 0) -> None:
        """``name`` is one of ``velatura_protocol.messages.STAGES``."""
        ...

    def wants_preview(self) -> bool:
        """True when somebody looks and has credit left; otherwise the engine does not make one."""
        ...

    def preview(self, picture: NDArray[np.uint8], step: int, of: int, /) -> None:
        """``picture``: (height, width, 3 or 4) uint8 sRGB, small, of the request's region; straight alpha."""
        ...

    def check_cancelled(self) -> None:
        """Raises ``CancelledError`` once the job was cancelled."""
        ...


@dataclass(frozen=True)
class MadePatch:
    """A result picture in document pixels. ``rgba``: (height, width, 4) uint8 sRGB, straight alpha; at ``x``, ``y``."""

    rgba: NDArray[np.uint8]
    x: int
    y: int
    seed: int


@dataclass(frozen=True)
class EngineResult:
    patches: tuple[MadePatch, ...]
    report: Report = field(default_factory=Report)


@dataclass(frozen=True)
class EngineSettings:
    """``device``: ``auto``, ``cpu``, ``cuda``, ``mps``, ``xpu``. ``threads``: CPU threads, 0 = the library's choice."""

    model_folders: tuple[Path, ...] = ()
    device: str = "auto"
    threads: int = 0
    cache_bytes: int = 1 << 30


class Engine(Protocol):
    """Runs one request at a time, in the worker's main thread."""

    def describe(self) -> dict[str, str]:
        """Device, its memory, library versions: for logs and doctor."""
        ...

    def run(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        """Make the pictures.

        Raises:
            CancelledError: from the observer.
            VelaturaError: anything that a person should read (``out_of_memory``, ``model_incomplete`` ...).
        """
        ...
