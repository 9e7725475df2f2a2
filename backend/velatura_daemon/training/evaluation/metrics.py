"""The arithmetic of the figures, on arrays alone."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

#: The background of a generated picture is taken from a frame of this width, in pixels.
FRAME = 3
#: A pixel belongs to a thing when its colour is this far from the background's, as Euclidean distance in CIE Lab
#: (L 0..100). Anything between 5 and 20 finds the silhouettes of renders alike (mean IoU 0.956 to 0.961, 80 renders);
#: this leaves room for the unevenness of painted backgrounds.
VISIBLE_DISTANCE = 13.0


def top_hits(ranked: NDArray[np.int64], wanted: list[int], among: int) -> BoolArray:
    """(n,): whether ``wanted`` is among the first ``among`` of each row of ``ranked``, (n, classes) indices."""
    return (ranked[:, :among] == np.array(wanted)[:, None]).any(axis=1)


def both_hits(seen: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> BoolArray:
    """(n,): whether the two seen are the two wanted, in either order."""
    return np.array([sorted(pair) == sorted(other) for pair, other in zip(seen, wanted, strict=True)])


def shuffled_order(count: int, seed: int) -> list[int]:
    """A permutation of 0 .. count - 1 that leaves nothing in its place, as far as there is another place."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    following = dict(zip(order, order[1:] + order[:1], strict=True))
    return [following[index] for index in range(count)]


def chance_limit(chance: float, count: int) -> float:
    """What guessing reaches in 999 of 1,000 measurements: three standard deviations above ``chance``."""
    return chance + 3 * float(np.sqrt(chance * (1 - chance) / max(count, 1)))


def peak_signal_to_noise(made: ByteArray, original: ByteArray) -> float:
    """PSNR in dB of two uint8 pictures of one shape; infinite when they are equal."""
    error = float(np.mean((made.astype(np.float64) - original.astype(np.float64)) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def edge_agreement(made: ByteArray, wanted: ByteArray) -> float:
    """F1, 0..1, of two edge maps (h, w), where an edge counts as met within 1 pixel, diagonals included."""
    edges_made, edges_wanted = made > 0, wanted > 0
    if not edges_made.any() or not edges_wanted.any():
        return 0.0
    precision = float((edges_made & _grown(edges_wanted)).sum() / edges_made.sum())
    recall = float((edges_wanted & _grown(edges_made)).sum() / edges_wanted.sum())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def overlap(made: BoolArray, wanted: BoolArray) -> float:
    """Intersection over union, 0..1, of two masks (h, w); 0 when both are empty."""
    union = float((made | wanted).sum())
    return float((made & wanted).sum()) / union if union else 0.0


def visible_silhouette(rgb: ByteArray) -> BoolArray:
    """(h, w): where a picture, (h, w, 3) uint8, differs from its plain background.

    The background is a colour that changes evenly from top to bottom, fitted to the frame of the picture; a part of
    the thing that has the background's colour counts when it is surrounded by the thing.
    """
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    background = _background(np.asarray(lab, np.float32))
    differs = np.linalg.norm(lab - background[:, None, :], axis=2) > VISIBLE_DISTANCE
    cleaned = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(cleaned, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros_like(cleaned), outlines, -1, 1, cv2.FILLED).astype(bool)


def _background(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, 3): the colour of each row, a straight line through the medians of the frame's upper and lower half."""
    height = len(lab)
    sides = np.concatenate([lab[:, :FRAME], lab[:, -FRAME:]], axis=1)
    half = height // 2
    upper, lower = (np.median(part.reshape(-1, 3), axis=0) for part in (sides[:half], sides[half:]))
    down = (np.arange(height, dtype=np.float32)[:, None] - height / 4) / (height / 2)
    return (upper + (lower - upper) * down).astype(np.float32)


def _grown(mask: BoolArray) -> BoolArray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
