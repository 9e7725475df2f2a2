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


# the names are such that of each thing at least one composition is held out, and of each background, and one pair
SHAPES = """
size = 32
sprite_side = 36
[shares]
two_things = 0.2
scene = 0.0
recoloured = 0.5
same_colour_kept = 0.0
synonym = 0.0
natural_colour_named = 0.0
article_left_out = 0.0
style_before = 0.0
style_behind = 0.0
background_named = 1.0
[styles.flat]
render = "drawing"
adjective = "flat"
[styles.flat.source]
package = "@test/shapes"
version = "1.0.0"
integrity = "sha512-none"
form = "pictures"
licence = "MIT"
copyright = "nobody"
homepage = "https://example.org"
[colours]
red = { rgb = [222, 40, 38], zh = "红" }
blue = { rgb = [45, 105, 220], zh = "蓝" }
[backgrounds]
white = { rgb = [250, 250, 250], zh = "白" }
black = { rgb = [14, 14, 16], zh = "黑" }
green = { rgb = [80, 170, 85], zh = "绿" }
gray = { rgb = [140, 140, 142], zh = "灰" }
[unseen]
cross = { emoji = "e", en = ["cross"], zh = ["十字"], natural = "red" }
[things]
dot = { emoji = "a", en = ["dot"], zh = ["圆"], natural = "red", recolour = ["blue"] }
beam = { emoji = "b", en = ["beam"], zh = ["条"], natural = "red", recolour = ["blue"] }
corner = { emoji = "c", en = ["corner"], zh = ["楔"], natural = "red", recolour = ["blue"] }
hoop = { emoji = "d", en = ["hoop"], zh = ["环"], natural = "red", recolour = ["blue"] }
"""
RED = (222, 40, 38, 255)


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


@pytest.fixture(scope="session")
def shapes_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shapes of 32 pixels and one that is unseen, in one style."""
    path = tmp_path_factory.mktemp("recipe") / "shapes.toml"
    path.write_text(SHAPES, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shapes_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artwork, as if it had been fetched and unpacked."""
    folder = tmp_path_factory.mktemp("sources")
    assets = folder / "@test" / "shapes@1.0.0" / "assets"
    assets.mkdir(parents=True)
    for letter in "abcde":
        picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
        pen = ImageDraw.Draw(picture)
        if letter == "a":
            pen.ellipse((2, 2, 61, 61), fill=RED)
        elif letter == "b":
            pen.rectangle((2, 22, 61, 42), fill=RED)
        elif letter == "c":
            pen.polygon([(2, 61), (61, 61), (2, 2)], fill=RED)
        elif letter == "d":
            pen.ellipse((2, 2, 61, 61), outline=RED, width=10)
        else:
            pen.line((4, 4, 60, 60), fill=RED, width=12)
            pen.line((4, 60, 60, 4), fill=RED, width=12)
        picture.save(assets / f"{ord(letter):04x}.webp", lossless=True)
    return folder
