"""Edges: white lines on black, as the edges ControlNet was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .control import Control

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The preprocessing that the ControlNet was trained with; other values here make it follow its map less well.
#: Side in pixels and standard deviation in pixels of the blur that keeps grain and dither from becoming edges.
BLUR_SIDE, BLUR_SIGMA = 3, 1.0
#: Canny's hysteresis in 8-bit grey levels of gradient (L2): a line begins above the upper and goes on above the lower.
LOWER_THRESHOLD, UPPER_THRESHOLD = 50, 100


def prepare(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Canny's edges of a picture: (h, w, 3) uint8 sRGB to (h, w) uint8, 255 on an edge and 0 elsewhere."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey, (BLUR_SIDE, BLUR_SIDE), BLUR_SIGMA)
    return np.asarray(cv2.Canny(smooth, LOWER_THRESHOLD, UPPER_THRESHOLD, L2gradient=True), np.uint8)


def from_map(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A drawn map, (h, w, 3) uint8, to (h, w) uint8 with lines 255 on 0, whichever way round it was drawn.

    Lines cover less than half of a drawing, so the ground is what most of it is: a light ground is inverted.
    """
    import cv2
    import numpy as np

    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    return 255 - grey if np.median(grey) > 127 else grey


CONTROL = Control(
    id="edges",
    label="Edges",
    help="The result keeps the lines of the control layer: draw them, or let them be found in a picture.",
    prepare=prepare,
    from_map=from_map,
)
