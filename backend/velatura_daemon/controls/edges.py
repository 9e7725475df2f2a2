"""Edges: white lines on black, as the edges ControlNet was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .control import Control, Estimators

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# As most of the embedded ControlNet's training maps were made (assets/models/pochade/README.md); with other values it
# follows its map less well. The published ControlNets for Stable Diffusion were trained on varying thresholds.
#: Side and standard deviation, in pixels, of the blur that keeps grain and dither from becoming edges.
BLUR_SIDE, BLUR_SIGMA = 3, 1.0
#: Canny's hysteresis in 8-bit grey levels of gradient (L2): a line begins above the upper and goes on above the lower.
LOWER_THRESHOLD, UPPER_THRESHOLD = 50, 100

#: What differs less than this many 8-bit levels from the ground is paper or noise, in a map that holds nothing else.
FAINTEST_LINE = 32


def prepare(rgb: NDArray[np.uint8], _estimators: Estimators) -> NDArray[np.uint8]:
    """Canny's edges of a picture: (h, w, 3) uint8 sRGB to (h, w) uint8, 255 on an edge and 0 elsewhere."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey, (BLUR_SIDE, BLUR_SIDE), BLUR_SIGMA)
    return np.asarray(cv2.Canny(smooth, LOWER_THRESHOLD, UPPER_THRESHOLD, L2gradient=True), np.uint8)


def from_map(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A drawn map, (h, w, 3) uint8, to (h, w) uint8 with lines up to 255 on a ground of 0.

    The ground is the median colour, because lines cover less than half of a drawing. What differs from it is line,
    the more the stronger: black on white, white on black and red on grey come out alike, and a map that is white on
    black already comes out as it is.
    """
    import cv2
    import numpy as np

    ground = np.median(rgb.reshape(-1, 3), axis=0).astype(np.uint8)
    lines = cv2.absdiff(rgb, np.broadcast_to(ground, rgb.shape)).max(axis=2)
    strongest = int(lines.max())
    if strongest < FAINTEST_LINE:
        return np.zeros_like(lines)
    return np.asarray(cv2.convertScaleAbs(lines, alpha=255 / strongest), np.uint8)


CONTROL = Control(
    id="edges",
    label="Edges",
    help="The result keeps the lines of the control layer: draw them, or let them be found in a picture.",
    prepare=prepare,
    from_map=from_map,
)
