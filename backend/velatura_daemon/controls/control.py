"""What a module of this folder defines as CONTROL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Control:
    """A kind of guidance.

    Attributes:
        id: what ``ControlRequest.kind`` names. label, help: what a painter reads.
        prepare: makes the control map from a picture: (h, w, 3) uint8 sRGB RGB at the run size to (h, w) uint8.
        from_map: makes the control map from a map that a painter drew, of the same shapes.
    """

    id: str
    label: str
    help: str
    prepare: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    from_map: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
