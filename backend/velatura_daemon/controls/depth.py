"""Depth: a grey picture of how near things are, 255 = nearest, as the depth ControlNets for Stable Diffusion take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from velatura_protocol.errors import VelaturaError

from .control import Control

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def prepare(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Nothing here estimates depth from a picture.

    Raises:
        VelaturaError: ``invalid_value``, always.
    """
    del rgb
    raise VelaturaError(
        "invalid_value",
        "Depth cannot be found in a picture here. Give a depth map instead, drawn or rendered: white is near, black is "
        "far.",
    )


def from_map(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A depth map as a picture, (h, w, 3) uint8, to (h, w) uint8: its grey, unchanged."""
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


CONTROL = Control(
    id="depth",
    label="Depth",
    help="The result keeps the shapes of a depth map: white is near, black is far.",
    prepare=prepare,
    from_map=from_map,
)
