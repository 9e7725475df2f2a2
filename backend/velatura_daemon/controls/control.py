"""What a module of this folder defines as CONTROL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from velatura_daemon.architectures.parts import Placement


class Estimators(Protocol):
    """Networks that find something in a picture, such as its depth; in ``estimators/NAME`` of a model folder."""

    def estimator(self, name: str, load: Callable[[Path, Placement], Any]) -> Any:
        """What ``load`` makes of the folder and where to compute, now or earlier; None when there is no such folder."""
        ...

    def fingerprint(self, name: str) -> bytes:
        """Tells the files in the folder from others; empty when there is no such folder."""
        ...


class NoEstimators:
    """Implements ``Estimators`` where there are none."""

    def estimator(self, name: str, load: Callable[[Path, Placement], Any]) -> Any:  # noqa: ARG002 - the protocol's
        return None

    def fingerprint(self, name: str) -> bytes:  # noqa: ARG002 - the protocol's
        return b""


@dataclass(frozen=True)
class Control:
    """A kind of guidance.

    Attributes:
        id: what ``ControlRequest.kind`` names. label, help: what a painter reads.
        prepare: makes the control map from a picture: (h, w, 3) uint8 sRGB RGB at the run size to (h, w) uint8.
            Raises ``VelaturaError`` when it needs an estimator that is not there.
        from_map: makes the control map from a map that a painter drew, of the same shapes.
        estimator: name of the estimator that ``prepare`` needs, "" = none.
        without_estimator: the sentence that says what to do when that is not there.
    """

    id: str
    label: str
    help: str
    prepare: Callable[[NDArray[np.uint8], Estimators], NDArray[np.uint8]]
    from_map: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    estimator: str = ""
    without_estimator: str = ""
