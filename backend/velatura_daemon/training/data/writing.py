"""Writes a composed data set as a folder: pictures, depth maps, metadata.jsonl, licences.

Interrupted, it goes on when it is asked for the same again: what is random is drawn anew from the beginning, which is
quick, and only files that are missing or torn are written. ``metadata.jsonl`` appears when everything is there.
"""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from velatura_protocol.errors import VelaturaError

from ..disk_space import require_space
from .captions import caption
from .licences import licence_files
from .plans import draw_plan
from .recipe import LANGUAGES, Recipe
from .scenes import Composer, Scene
from .sprites import Sprites

#: What the folder was asked for, so that nothing else is taken for the rest of it.
NOTE = "composed.json"
LISTED = "metadata.jsonl"
#: Bytes that a picture of 128 x 128 pixels takes with its depth map, with some to spare.
_BYTES_OF_A_SCENE = 24_000
_SIDE_OF_THESE = 128
_SUFFIX_UNFINISHED = ".new"


def write_data(
    recipe: Recipe, sprites: Sprites, out: Path, *, count: int, seed: int, report: Callable[[int, int], None]
) -> None:
    """The same recipe, count and seed write the same bytes. No composition that is held out is among them.

    Files that are there and whole are kept, with their times. A data set that is whole is left as it is.

    Raises:
        VelaturaError: ``invalid_value`` when ``out`` has something else in it, ``disk_full``.
    """
    asked = {"recipe": recipe.name, "content": _digest(recipe), "count": count, "seed": seed}
    if _is_whole(out, asked):
        return
    left = count - len(list((out / "pictures").glob("*.webp")))
    require_space(out, left * _BYTES_OF_A_SCENE * recipe.size**2 // _SIDE_OF_THESE**2, "the pictures")
    try:
        for folder in ("pictures", "maps/depth", "licences"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        _replace_text(out / NOTE, json.dumps(asked) + "\n")
        for name, text in licence_files(recipe.sources).items():
            _replace_text(out / "licences" / name, text)
        rows = _compose(recipe, sprites, out, count, seed, report)
        _replace_text(out / LISTED, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    except OSError as error:
        raise VelaturaError(
            "disk_full",
            f"{out} cannot be written: {error.strerror or error}. Free some space and try again.",
        ) from error


def _is_whole(out: Path, asked: dict[str, Any]) -> bool:
    """Raises ``VelaturaError`` ``invalid_value`` when ``out`` holds anything but this data set or a part of it."""
    if not out.exists() or not any(out.iterdir()):
        return False
    try:
        noted: Any = json.loads((out / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise VelaturaError("invalid_value", f"{out} is not empty. Choose another folder.") from None
    if noted != asked:
        raise VelaturaError(
            "invalid_value",
            f"{out} is not empty: it holds {noted.get('count')} pictures of the recipe {noted.get('recipe')}, seed "
            f"{noted.get('seed')}, or a part of them. Ask for the same to go on with it, or choose another folder.",
        )
    return (out / LISTED).is_file()


def _compose(
    recipe: Recipe, sprites: Sprites, out: Path, count: int, seed: int, report: Callable[[int, int], None]
) -> list[dict[str, Any]]:
    """The lines of metadata.jsonl."""
    composer, source = Composer(recipe, sprites), random.Random(seed)
    rows: list[dict[str, Any]] = []
    for index in range(count):
        scene = composer.compose(draw_plan(recipe, source, held_out=False), source)
        captions = [caption(scene.plan, recipe, language, source) for language in LANGUAGES]
        rows.append(_write(scene, captions, out, index))
        report(index + 1, count)
    return rows


def _write(scene: Scene, captions: list[str], out: Path, index: int) -> dict[str, Any]:
    """The line of metadata.jsonl; both pictures are kept without loss."""
    picture, depth = f"pictures/{index:06d}.webp", f"maps/depth/{index:06d}.png"
    _keep_or_save(scene.rgb, out / picture)
    _keep_or_save(scene.depth, out / depth)
    placed = zip(scene.plan.things, scene.boxes, strict=True)
    things = [{"name": one.key, "colour": one.colour, "x": box.x, "y": box.y, "side": box.side} for one, box in placed]
    background = scene.plan.background
    return {"file_name": picture, "text": captions, "depth": depth, "things": things, "background": background}


def _keep_or_save(pixels: NDArray[np.uint8], path: Path) -> None:
    if _shows(path, pixels):
        return
    unfinished = path.with_suffix(_SUFFIX_UNFINISHED)
    options = {"lossless": True, "method": 0} if path.suffix == ".webp" else {}
    Image.fromarray(pixels).save(unfinished, format=path.suffix.removeprefix("."), **options)
    unfinished.replace(path)


def _shows(path: Path, pixels: NDArray[np.uint8]) -> bool:
    """False too for what a power cut left of a file."""
    if not path.is_file():
        return False
    try:
        with Image.open(path) as picture:
            return np.array_equal(np.asarray(picture), pixels)
    except (OSError, ValueError, SyntaxError):
        return False


def _replace_text(path: Path, text: str) -> None:
    unfinished = path.with_suffix(_SUFFIX_UNFINISHED)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _digest(recipe: Recipe) -> str:
    """Changes with anything in the recipe."""
    return hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode()).hexdigest()[:16]
