"""Other programs that read pictures, to compare ours with."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest


@functools.cache
def imagemagick() -> str | None:
    """The real one: other programs are called ``convert`` too, and scripts stand in for it."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for name in ("magick", "convert"):
            found = shutil.which(name, path=folder)
            if found is None or Path(found).read_bytes()[:2] == b"#!":
                continue
            told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
            if "ImageMagick" in told.stdout:
                return found
    return None


def _required() -> str:
    program = imagemagick()
    if program is None and os.environ.get("VELATURA_REQUIRE_IMAGEMAGICK"):
        pytest.fail("ImageMagick is not installed")
    if program is None:
        pytest.skip("ImageMagick is not installed: nothing was compared")
    return program


def read_by_imagemagick(path: Path) -> np.ndarray:
    """(height, width, 4) uint8, sRGB, upright, as ``decode_rgba`` gives it."""
    program = _required()
    steps = ["-auto-orient", "-print", "%w %h\\n", "-colorspace", "sRGB", "-type", "TrueColorAlpha", "-depth", "8"]
    told = subprocess.run([program, f"{path}[0]", *steps, "rgba:-"], capture_output=True, check=False)
    size, _, raw = told.stdout.partition(b"\n")
    width, height = (int(number) for number in size.split())
    return np.frombuffer(raw, np.uint8).reshape(height, width, 4)


def write_by_imagemagick(source: Path, target: Path, *options: str) -> None:
    program = _required()
    subprocess.run([program, source, *options, target], capture_output=True, check=True)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(height, width, 4) int, of 255. Colours that both show as transparent are no difference."""
    shown = np.maximum(one[..., 3:], other[..., 3:]) > 0
    apart = np.abs(one.astype(int) - other)
    return np.where(shown, apart, 0)
