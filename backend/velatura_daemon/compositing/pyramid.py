"""Smooth interpolation of what is known here and there, by a pyramid ("pull-push", Gortler et al. 1996)."""

import cv2
import numpy as np
from numpy.typing import NDArray


def interpolate(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill the unknown smoothly from the known.

    Args:
        values: (h, w, 3) float32. weights: (h, w) float32, 0 = unknown .. 1 = known.

    Returns:
        (h, w, 3) float32: ``values`` where they are known; elsewhere a mean of the known, the nearer the more; 0
        everywhere when nothing is known.
    """
    weighted = np.dstack((values * weights[..., None], weights))
    return _filled(np.asarray(weighted, np.float32))[..., :3]


def _filled(weighted: NDArray[np.float32]) -> NDArray[np.float32]:
    """``weighted`` (h, w, 4): three values, already multiplied by the weight in the fourth channel."""
    height, width = weighted.shape[:2]
    weight = weighted[..., 3:]
    if height == 1 and width == 1:
        return np.asarray(weighted / np.maximum(weight, np.float32(1e-12)), np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    # a weight that is spread over four pixels still means that something is known there, so it is raised again
    reduced = np.asarray(cv2.resize(weighted, half, interpolation=cv2.INTER_AREA), np.float32)
    reduced_weight = reduced[..., 3:]
    raised = np.minimum(reduced_weight * 4, 1) / np.maximum(reduced_weight, np.float32(1e-12))
    filled = _filled(np.asarray(reduced * raised, np.float32))
    coarse = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(weighted + (1 - weight) * coarse, np.float32)
