"""A picture goes on into where it is transparent, in the colours of the paint around."""

import cv2
import numpy as np
from numpy.typing import NDArray

from velatura_daemon.compositing.smearing import mixed, smeared


def continued(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) uint8 sRGB with straight alpha to opaque (H, W, 3).

    Transparent parts take the colours of the paint around them, because any colour of paper would be painted on by
    the model; mid grey when there is no paint at all.
    """
    rgb, alpha = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8), rgba[..., 3]
    if alpha.min() == 255:
        return rgb
    return mixed(rgb, smeared(rgb, np.asarray(alpha, np.float32) * np.float32(1 / 255)), 255 - alpha)
