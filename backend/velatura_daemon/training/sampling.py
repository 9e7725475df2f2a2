"""Sample grids during training, by the pipelines that also paint."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from velatura_daemon.architectures.parts import ModelParts
from velatura_daemon.diffusion.latents import draw_noise, image_generators
from velatura_daemon.diffusion.loading import own_scheduler
from velatura_daemon.diffusion.pipelines import build_pipeline

from .settings import PredictorSettings

_COLUMNS = 8


def sample_grid(
    parts: ModelParts,
    prompts: Sequence[str],
    settings: PredictorSettings,
    side: int,
    control: Any = None,
    maps: Any = None,
) -> Image.Image:
    """One picture a prompt, seeds 0, 1, ...; eight to a row.

    Args:
        control, maps: a ControlNet and its maps, (prompts, 3, side, side) in 0..1; with them the maps lie above.
    """
    controlnets = [] if control is None else [control]
    pipeline = build_pipeline(
        parts, own_scheduler(parts.scheduler_config), starts_from_image=False, controlnets=controlnets
    )
    rows = side // parts.vae_factor
    noise = draw_noise(image_generators(range(len(prompts))), (parts.unet.config.in_channels, rows, rows))
    given = {} if control is None else {"image": maps}
    pictures = pipeline(
        list(prompts),
        num_inference_steps=settings.sample_steps,
        guidance_scale=settings.sample_guidance,
        latents=noise,
        height=side,
        width=side,
        output_type="np",
        **given,
    ).images
    tiles = [(picture * 255).round().astype(np.uint8) for picture in pictures]
    if control is None:
        return grid([tiles[start : start + _COLUMNS] for start in range(0, len(tiles), _COLUMNS)])
    return grid([[as_tile(one) for one in maps], tiles])


def as_tile(pixels: torch.Tensor) -> np.ndarray:
    """(3, height, width) in 0..1 to (height, width, 3) uint8."""
    return (pixels.float().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def grid(rows: Sequence[Sequence[np.ndarray]]) -> Image.Image:
    """Tiles of one size, (height, width, 3) uint8, in rows; a short row ends in white."""
    height, width = rows[0][0].shape[:2]
    image = Image.new("RGB", (width * max(map(len, rows)), height * len(rows)), "white")
    for top, row in enumerate(rows):
        for left, tile in enumerate(row):
            image.paste(Image.fromarray(tile), (left * width, top * height))
    return image
