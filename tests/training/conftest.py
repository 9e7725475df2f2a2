"""A model folder small enough to train in a second, and folders of pictures to train it on."""

import json
import random
import shutil
from pathlib import Path

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from PIL import Image, ImageDraw
from transformers import CLIPTextConfig, CLIPTextModel

from velatura_daemon.models.library import EMBEDDED_FOLDER

SIDE = 32
COLOURS = {"red": (220, 40, 40), "green": (40, 170, 70), "blue": (40, 90, 220)}
#: Fewer tokens than CLIP has, so that the table is small; every word of the captions is among them.
_TEXT_WIDTH = 16


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder of Stable Diffusion's shape with random weights, for pictures of 32 x 32 pixels."""
    pochade = EMBEDDED_FOLDER / "models" / "pochade"
    folder = tmp_path_factory.mktemp("models") / "models" / "tiny"
    shutil.copytree(pochade / "tokenizer", folder / "tokenizer")
    shutil.copytree(pochade / "scheduler", folder / "scheduler")
    shutil.copy(pochade / "model_index.json", folder / "model_index.json")
    torch.manual_seed(0)
    CLIPTextModel(
        CLIPTextConfig(
            hidden_size=_TEXT_WIDTH,
            intermediate_size=2 * _TEXT_WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            projection_dim=_TEXT_WIDTH,
        )
    ).save_pretrained(folder / "text_encoder")
    UNet2DConditionModel(
        sample_size=SIDE // 8,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=_TEXT_WIDTH,
        attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    ).save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        layers_per_block=1,
        sample_size=SIDE,
    ).save_pretrained(folder / "vae")
    return folder


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of a coloured square, with captions in two languages and a depth map each."""
    folder = tmp_path_factory.mktemp("squares")
    draw_squares(folder, count=12)
    return folder


def draw_squares(folder: Path, *, count: int) -> None:
    """Writes pictures, maps and metadata.jsonl."""
    places = random.Random(0)
    lines: list[str] = []
    for index in range(count):
        name = list(COLOURS)[index % len(COLOURS)]
        x, y = places.randrange(4, 14), places.randrange(4, 14)
        for file, ground, ink in (
            (f"{index}.png", (240, 240, 240), COLOURS[name]),
            (f"{index}d.png", (0,) * 3, (200,) * 3),
        ):
            image = Image.new("RGB", (SIDE, SIDE), ground)
            ImageDraw.Draw(image).rectangle((x, y, x + 14, y + 14), fill=ink)
            image.save(folder / file)
        row = {"file_name": f"{index}.png", "text": [f"a {name} square", f"{name} 方块"], "depth": f"{index}d.png"}
        lines.append(json.dumps(row, ensure_ascii=False))
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
