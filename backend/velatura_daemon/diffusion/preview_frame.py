"""Previews as an editor lays them over the document: large enough, and transparent where nothing will change."""

from functools import cached_property

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.compositing.resample import resize_mask

from .preview import PreviewMaker
from .tasks import RunSize

#: Longest side of a preview in pixels: the model's own picture has a pixel per latent, too coarse for a mask's edge.
LONGEST_SIDE = 256


class PreviewFrame:
    """Makes the previews of one pass.

    Args:
        size: pixels that the pass runs at.
        alpha: (H, W) uint8, the patch's alpha in any size; None = opaque.
    """

    def __init__(self, maker: PreviewMaker, size: RunSize, alpha: NDArray[np.uint8] | None) -> None:
        self._maker = maker
        self._given_alpha = alpha
        scale = min(1.0, LONGEST_SIDE / max(size.width, size.height))
        self._width, self._height = max(1, round(size.width * scale)), max(1, round(size.height * scale))

    def picture(self, latents: torch.Tensor) -> NDArray[np.uint8]:
        """(channels, h, w) clean latents to (height, width, 4) uint8 sRGB, straight alpha."""
        small = self._maker.picture(latents)
        rgb = np.asarray(cv2.resize(small, (self._width, self._height), interpolation=cv2.INTER_CUBIC), np.uint8)
        return np.dstack([rgb, self._alpha])

    @cached_property
    def _alpha(self) -> NDArray[np.uint8]:
        if self._given_alpha is None:
            return np.full((self._height, self._width), 255, np.uint8)
        return np.asarray(resize_mask(self._given_alpha, self._width, self._height), np.uint8)
