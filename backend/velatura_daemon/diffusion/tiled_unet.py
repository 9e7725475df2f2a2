"""Lets a UNet denoise a picture larger than it was trained for, tile by tile.

All tiles take part in every step and their predictions are averaged where they overlap (MultiDiffusion, Bar-Tal et al.
2023, arXiv:2302.08113), so that neighbours agree and no seam appears.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any

import torch

#: Share of a tile that it has in common with the next, at least.
OVERLAP = 0.25


@contextmanager
def tiled_unet(unet: Any, rows: int, columns: int, before_tile: Callable[[], None]) -> Iterator[None]:
    """Inside the block the UNet works in tiles of ``rows`` x ``columns`` latent pixels.

    ``before_tile`` may raise to cancel.
    """
    whole = unet.forward

    def forward(sample: torch.Tensor, timestep: Any, *args: Any, **kwargs: Any) -> tuple[torch.Tensor]:
        """``sample``: (images, channels, h, w)."""
        total = torch.zeros(sample.shape, dtype=torch.float32, device=sample.device)
        weights = torch.zeros(sample.shape[-2:], dtype=torch.float32, device=sample.device)
        window = _window(rows, columns, sample.device)
        for top in tile_starts(sample.shape[-2], rows):
            for left in tile_starts(sample.shape[-1], columns):
                before_tile()
                tile = (..., slice(top, top + rows), slice(left, left + columns))
                total[tile] += window * whole(sample[tile], timestep, *args, **kwargs)[0].float()
                weights[tile] += window
        return ((total / weights).to(sample.dtype),)

    unet.forward = forward
    try:
        yield
    finally:
        del unet.forward


def tile_starts(length: int, tile: int) -> list[int]:
    """Where tiles begin that cover ``length`` evenly, each with at least ``OVERLAP`` of it shared with the next."""
    if length <= tile:
        return [0]
    gaps = ceil((length - tile) / (tile * (1 - OVERLAP)))
    return [round(number * (length - tile) / gaps) for number in range(gaps + 1)]


def _window(rows: int, columns: int, device: torch.device) -> torch.Tensor:
    """(rows, columns) weights, 1 in the middle, falling off towards the edges over the overlap, nowhere 0."""

    def along(length: int) -> torch.Tensor:
        places = torch.arange(length, dtype=torch.float32, device=device)
        from_edge = torch.minimum(places, length - 1 - places) + 1
        return (from_edge / max(1.0, length * OVERLAP)).clamp(max=1)

    return along(rows)[:, None] * along(columns)[None]
