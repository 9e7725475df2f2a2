"""Arrays as small pictures: photographs enlarged smoothly, numbers as greys in squares, attention as a glow."""

from math import ceil, sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..run_trace import Rgb
from .card import SURFACE

#: Latents and noise have unit variance: nearly all of their values lie within this many standard deviations.
LATENT_RANGE = 3.0
#: Light that a picture keeps where nobody looks, so that it can be recognised under the glow.
_UNDERGLOW = 0.42
_TILE_GAP = 4


def enlarged(rgb: Rgb, width: int, height: int) -> Image.Image:
    """(h, w, 3) uint8 sRGB, smoothly."""
    return Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS)


def faded(picture: Image.Image) -> Image.Image:
    """Pale, for what is passed over."""
    return Image.blend(picture.convert("L").convert("RGB"), Image.new("RGB", picture.size, SURFACE), 0.6)


def channel_tiles(latents: NDArray[np.float32], width: int, height: int) -> Image.Image:
    """(channels, h, w), each channel as a grey map in hard squares: black = -3, white = 3 standard deviations."""
    across = ceil(sqrt(len(latents)))
    down = ceil(len(latents) / across)
    tile_width = (width - _TILE_GAP * (across - 1)) // across
    tile_height = (height - _TILE_GAP * (down - 1)) // down
    tiles = Image.new("RGB", (width, height), SURFACE)
    greys = ((latents / LATENT_RANGE + 1) / 2).clip(0, 1) * 255
    for index, grey in enumerate(greys):
        tile = Image.fromarray(grey.astype(np.uint8)).resize((tile_width, tile_height), Image.Resampling.NEAREST)
        column, row = index % across, index // across
        tiles.paste(
            tile,
            (column * (width - tile_width) // max(across - 1, 1), row * (height - tile_height) // max(down - 1, 1)),
        )
    return tiles


def heat(values: NDArray[np.float32], largest: float, width: int, height: int) -> Image.Image:
    """(h, w), 0 = black, ``largest`` = pale yellow, in hard squares; by the square root, which shows faint ones too."""
    small = Image.fromarray(_colours(np.sqrt((values / max(largest, 1e-12)).clip(0, 1))))
    return small.resize((width, height), Image.Resampling.NEAREST)


def glow(values: NDArray[np.float32], rgb: Rgb, width: int, height: int) -> Image.Image:
    """(h, w) 0..1 as light over a darkened picture."""
    size = (width, height)
    strength = np.asarray(cv2.resize(values.clip(0, 1), size, interpolation=cv2.INTER_CUBIC)).clip(0, 1)[..., None]
    grey = np.asarray(enlarged(rgb, width, height).convert("L"), np.float32)[..., None] * _UNDERGLOW
    lit = grey * (1 - strength) + _colours(strength[..., 0]) * strength
    return Image.fromarray((lit + 0.5).clip(0, 255).astype(np.uint8))


def _colours(values: NDArray[Any]) -> Rgb:
    """(h, w) 0..1 to (h, w, 3): a scale that is even to the eye and tells apart in grey too."""
    mapped = cv2.applyColorMap((values * 255 + 0.5).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(mapped, cv2.COLOR_BGR2RGB), np.uint8)
