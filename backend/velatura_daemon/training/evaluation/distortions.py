"""Makes renders look as if a small model had painted them: bent, blurred, a little noisy.

No autoencoder is used for it, so that the same classifier judges every model, and judges reconstructions fairly.
"""

import torch
from torch.nn import functional

#: Largest changes; each picture draws its own between none and these.
TURN = 0.12  # radians
ZOOM = 0.12  # share
SHIFT = 0.12  # of half the picture's side
BEND = 0.05  # of half the side, by a field of BEND_GRID x BEND_GRID random displacements
BEND_GRID = 6
REDUCTION = 3.0  # the picture is reduced by this factor and enlarged again
NOISE = 0.06  # of the full range
BRIGHTNESS = 0.08
CONTRAST = 0.15


def distort(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """(n, 3, h, w), 0..1, and back likewise. Colours keep their hue."""
    count, _, height, width = pictures.shape
    device = pictures.device

    def draw(*shape: int) -> torch.Tensor:
        """Uniform in -1..1."""
        return torch.rand(shape, generator=generator).to(device) * 2 - 1

    turn, zoom = draw(count) * TURN, 1 + draw(count) * ZOOM
    across, along = zoom * turn.cos(), zoom * turn.sin()
    rows = [across, -along, draw(count) * SHIFT, along, across, draw(count) * SHIFT]
    matrix = torch.stack(rows, dim=1).view(count, 2, 3)
    grid = functional.affine_grid(matrix, [count, 3, height, width], align_corners=False)
    bend = functional.interpolate(draw(count, 2, BEND_GRID, BEND_GRID), (height, width), mode="bicubic")
    amount = draw(count, 1, 1, 1).clamp(min=0) * BEND
    grid = grid + (bend * amount).permute(0, 2, 3, 1)
    bent = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    blurred = _blur(bent, 1 + (REDUCTION - 1) * float(draw(1).clamp(min=0)))
    lit = (blurred - 0.5) * (1 + draw(count, 1, 1, 1) * CONTRAST) + 0.5 + draw(count, 1, 1, 1) * BRIGHTNESS
    noise = torch.randn(pictures.shape, generator=generator).to(device)
    return (lit + noise * draw(count, 1, 1, 1).clamp(min=0) * NOISE).clamp(0, 1)


def _blur(pictures: torch.Tensor, factor: float) -> torch.Tensor:
    height, width = pictures.shape[-2:]
    smaller = (max(8, round(height / factor)), max(8, round(width / factor)))
    reduced = functional.interpolate(pictures, smaller, mode="bilinear", antialias=True)
    return functional.interpolate(reduced, (height, width), mode="bilinear")
