"""Making the seam disappear: the patch takes the canvas' colours at its edge and keeps its own further in."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .pyramid import interpolate

#: Longest side in pixels at which the correction is computed; it has no finer detail, on purpose.
_SMOOTH_SIDE = 256
#: Independent samples that a neighbourhood of the ring is counted as: one per latent cell, a dozen cells.
_SAMPLES = 12.0
#: Difference in sRGB codes (length of the RGB vector) from which it is content, not a shift: another object is
#: there, and pulling its colour towards what it replaced would smear that back in.
_LARGEST_SHIFT = 48.0


def correct_seam(
    *, painted: NDArray[np.uint8], canvas: NDArray[np.uint8], alpha: NDArray[np.uint8], ring_width: int
) -> NDArray[np.uint8]:
    """Add a smooth correction so that ``painted`` meets ``canvas`` at the edge of ``alpha``.

    The differences in a ring outside the edge, where the model repainted what the canvas shows, are averaged locally,
    trusted as far as they are a common offset rather than texture or another object, interpolated over the masked
    area (an approximate membrane, as in Perez et al. 2003) and faded out towards its middle.

    Args:
        painted: (H, W, 3) uint8 sRGB. canvas: (H, W, 4) uint8 sRGB; only its opaque pixels are compared.
        alpha: (H, W) uint8, 255 = only ``painted`` shows.
        ring_width: document pixels around the edge that were repainted but do not show.

    Returns:
        (H, W, 3) uint8; ``painted`` itself when there is no ring to compare in.
    """
    height, width = alpha.shape
    side = 2 * ring_width + 1
    near = np.asarray(cv2.dilate(alpha, np.ones((side, side), np.uint8))) > 0
    ring = near & (alpha == 0) & (canvas[..., 3] == 255)
    if not ring.any():
        return painted
    step = max(1.0, max(height, width) / _SMOOTH_SIDE)
    small = (max(1, round(width / step)), max(1, round(height / step)))
    offsets, share = _offsets_in_ring(painted, canvas[..., :3], ring, small, ring_width / step)
    known = np.minimum(share * 4, np.float32(1))  # a ring thinner than a reduced pixel is known all the same
    field = interpolate(offsets, known) * _fading(alpha, small, ring_width / step)[..., None]
    correction = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(painted, correction, dtype=cv2.CV_8U), np.uint8)  # rounds and saturates


def _offsets_in_ring(
    painted: NDArray[np.uint8], canvas: NDArray[np.uint8], ring: NDArray[np.bool_], small: tuple[int, int], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The trusted offset canvas - painted, (h, w, 3), and the ring's share of each reduced pixel, (h, w) in 0..1."""
    inside_ring = ring.astype(np.float32)
    difference = cv2.subtract(canvas, painted, dtype=cv2.CV_32F)
    difference *= inside_ring[..., None]
    squared = np.einsum("yxc,yxc->yx", difference, difference)
    share, sums, squares = (
        cv2.resize(values, small, interpolation=cv2.INTER_AREA).reshape(small[1], small[0], -1)
        for values in (inside_ring, difference, squared)
    )
    blur_sigma = max(1.0, sigma)
    weight, mean, square = (
        cv2.GaussianBlur(values, (0, 0), blur_sigma, borderType=cv2.BORDER_REFLECT).reshape(small[1], small[0], -1)
        for values in (share, sums, squares)
    )
    weight = np.maximum(weight, np.float32(1e-6))
    mean, square = mean / weight, square / weight
    length = (mean * mean).sum(axis=2, keepdims=True)
    variance = np.maximum(square - length, 0)
    trust = length / (length + variance / _SAMPLES + np.float32(1e-6))
    trust = trust * np.exp(-((length / _LARGEST_SHIFT**2) ** 2))
    return np.asarray(mean * trust, np.float32), np.asarray(share[..., 0], np.float32)


def _fading(alpha: NDArray[np.uint8], small: tuple[int, int], ring_width: float) -> NDArray[np.float32]:
    """1 at the edge and beyond, falling to 0 half way to the innermost pixel (at least two rings in); (h, w) float32.

    The edge is where alpha is half of its greatest value. Where the selection ends at the border, it has no edge.
    """
    reduced = np.asarray(cv2.resize(alpha, small, interpolation=cv2.INTER_AREA)).reshape(small[1], small[0])
    inside = (reduced.astype(np.uint16) * 2 >= reduced.max()).astype(np.uint8)
    if inside.all():
        return np.ones(inside.shape, np.float32)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    reach = max(2 * ring_width, float(distance.max()) / 2, 1.0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.minimum(distance / reach, 1)), np.float32)
