"""Writes a composed data set as a folder: pictures, depth maps, metadata.jsonl, licences."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from velatura_protocol.errors import VelaturaError

from .captions import caption
from .licences import licence_files
from .plans import draw_plan
from .recipe import LANGUAGES, Recipe
from .scenes import Composer, Scene
from .sprites import Sprites

#: Bytes that a picture of 128 x 128 pixels takes with its depth map, with some to spare.
_BYTES_OF_A_SCENE = 24_000
_SIDE_OF_THESE = 128


def write_data(
    recipe: Recipe, sprites: Sprites, out: Path, *, count: int, seed: int, report: Callable[[int, int], None]
) -> None:
    """The same recipe, count and seed write the same bytes. No composition that is held out is among them.

    Raises:
        VelaturaError: ``invalid_value`` when ``out`` has something in it, ``disk_full``.
    """
    if out.exists() and any(out.iterdir()):
        raise VelaturaError("invalid_value", f"{out} is not empty. Choose another folder.")
    try:
        for folder in ("pictures", "maps/depth", "licences"):
            (out / folder).mkdir(parents=True)
        _check_space(out, count * _BYTES_OF_A_SCENE * recipe.size**2 // _SIDE_OF_THESE**2)
        for name, text in licence_files(recipe.sources).items():
            (out / "licences" / name).write_text(text, encoding="utf-8")
        composer, source = Composer(recipe, sprites), random.Random(seed)
        listed = out / "metadata.jsonl"
        unfinished = listed.with_suffix(".new")  # without metadata.jsonl, half a data set cannot be taken for a whole one
        with unfinished.open("w", encoding="utf-8") as lines:
            for index in range(count):
                scene = composer.compose(draw_plan(recipe, source, held_out=False), source)
                captions = [caption(scene.plan, recipe, language, source) for language in LANGUAGES]
                lines.write(json.dumps(_write(scene, captions, out, index), ensure_ascii=False) + "\n")
                report(index + 1, count)
        unfinished.replace(listed)
    except OSError as error:
        raise VelaturaError(
            "disk_full",
            f"{out} cannot be written: {error.strerror or error}. Free some space and try again.",
        ) from error


def _write(scene: Scene, captions: list[str], out: Path, index: int) -> dict[str, Any]:
    """The line of metadata.jsonl; both pictures are kept without loss."""
    picture, depth = f"pictures/{index:06d}.webp", f"maps/depth/{index:06d}.png"
    _save(scene.rgb, out / picture)
    _save(scene.depth, out / depth)
    placed = zip(scene.plan.things, scene.boxes, strict=True)
    things = [{"name": one.key, "colour": one.colour, "x": box.x, "y": box.y, "side": box.side} for one, box in placed]
    background = scene.plan.background
    return {"file_name": picture, "text": captions, "depth": depth, "things": things, "background": background}


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    options = {"lossless": True, "method": 0} if path.suffix == ".webp" else {}
    Image.fromarray(pixels).save(path, **options)


def _check_space(out: Path, needed: int) -> None:
    free = shutil.disk_usage(out).free
    if free < needed:
        raise VelaturaError(
            "disk_full",
            f"{out} has {free >> 20} MiB free, and the pictures need about {needed >> 20}. Free some space or choose "
            "another folder.",
        )
