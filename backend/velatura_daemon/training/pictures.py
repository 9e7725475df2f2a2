"""Reads a folder of captioned pictures: metadata.jsonl as in Hugging Face's imagefolder, or a .txt beside each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from velatura_protocol.errors import VelaturaError

METADATA = "metadata.jsonl"
IMAGE_SUFFIXES = (".png", ".webp", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
#: Columns of metadata.jsonl that are no paths of control maps.
_OWN_COLUMNS = ("file_name", "text")
WHITE = (255, 255, 255, 255)


@dataclass(frozen=True)
class Picture:
    """``captions``: one or more, any of which fits. ``maps``: control maps by the kind of control."""

    path: Path
    captions: tuple[str, ...]
    maps: Mapping[str, Path] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class Problem:
    """A picture that is left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class PictureFolder:
    folder: Path
    pictures: tuple[Picture, ...]
    problems: tuple[Problem, ...]


def read_folder(folder: Path) -> PictureFolder:
    """Reads captions and looks into every image; those that cannot be read or have no caption are listed as problems.

    Raises:
        VelaturaError: ``invalid_value`` when there is no such folder or nothing in it can be used.
    """
    if not folder.is_dir():
        raise VelaturaError("invalid_value", f"There is no folder {folder}. {_WANTED}")
    listed = folder / METADATA
    found, problems = _from_metadata(listed) if listed.is_file() else _from_texts(folder)
    usable: list[Picture] = []
    for picture in found:
        reason = _why_unreadable(picture.path)
        if reason:
            problems.append(Problem(picture.path, reason))
        else:
            usable.append(picture)
    if not usable:
        why = (
            f" Left out: {len(problems)}, for instance {problems[0].path.name}: {problems[0].reason}."
            if problems
            else ""
        )
        raise VelaturaError("invalid_value", f"{folder} has no picture to learn from.{why} {_WANTED}")
    return PictureFolder(folder, tuple(usable), tuple(problems))


_WANTED = (
    "A data folder holds images and, for each, a .txt with its caption, or one metadata.jsonl with lines like "
    '{"file_name": "a.png", "text": "a red apple"}.'
)


def read_square(path: Path, side: int) -> NDArray[np.uint8]:
    """(side, side, 3) uint8 sRGB: the middle square, scaled; what is transparent lies on white.

    Raises:
        OSError: the file cannot be read as an image.
    """
    with Image.open(path) as image:
        rgba = image.convert("RGBA")
    if rgba.getchannel("A").getextrema() != (255, 255):
        rgba = Image.alpha_composite(Image.new("RGBA", rgba.size, WHITE), rgba)
    rgb = rgba.convert("RGB")
    if rgb.size != (side, side):
        short = min(rgb.size)
        left, top = (rgb.width - short) // 2, (rgb.height - short) // 2
        square = (left, top, left + short, top + short)
        rgb = rgb.resize((side, side), Image.Resampling.LANCZOS, box=square)
    return np.asarray(rgb)


def _from_metadata(listed: Path) -> tuple[list[Picture], list[Problem]]:
    pictures: list[Picture] = []
    problems: list[Problem] = []
    for number, line in enumerate(listed.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
            path = listed.parent / row["file_name"]
            text = row.get("text", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            problems.append(Problem(listed, f"line {number} is no JSON object with a file_name"))
            continue
        captions = _captions(text if isinstance(text, list) else [text])
        if not captions:
            problems.append(Problem(path, "no caption"))
            continue
        maps = {
            key: listed.parent / value
            for key, value in row.items()
            if key not in _OWN_COLUMNS and isinstance(value, str) and value.lower().endswith(IMAGE_SUFFIXES)
        }
        pictures.append(Picture(path, captions, maps))
    return pictures, problems


def _from_texts(folder: Path) -> tuple[list[Picture], list[Problem]]:
    pictures: list[Picture] = []
    problems: list[Problem] = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES):
        text = path.with_suffix(".txt")
        captions = _captions(text.read_text(encoding="utf-8", errors="replace").splitlines()) if text.is_file() else ()
        if captions:
            pictures.append(Picture(path, captions))
        else:
            problems.append(Problem(path, f"no caption in {text.name}"))
    return pictures, problems


def _captions(lines: list[Any]) -> tuple[str, ...]:
    return tuple(line.strip() for line in lines if isinstance(line, str) and line.strip())


def _why_unreadable(path: Path) -> str:
    """ "" for an image that can be read."""
    if not path.is_file():
        return "no such file"
    try:
        with Image.open(path) as image:
            image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return f"cannot be read ({type(error).__name__})"
    return ""
