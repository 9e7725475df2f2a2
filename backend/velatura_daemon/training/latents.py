"""The latents of a data folder, encoded once: encoding takes longer than a training step."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .pictures import Picture, read_square

_ARRAY, _NOTE = "latents.npy", "latents.json"
_BATCH = 32
#: Progress is written down after this many pictures, so that an interrupted encoding goes on from there.
_FLUSH_EVERY = 512


def encoded_pictures(
    pictures: tuple[Picture, ...], vae: Any, side: int, folder: Path, report: Callable[[int, int], None]
) -> torch.Tensor:
    """(pictures, channels, side / factor, side / factor) float32 on the CPU: scaled means of the latents.

    Args:
        vae: AutoencoderKL. side: pixels, a multiple of its factor.
        folder: where they are kept; found again when VAE, side and pictures are the same.
        report: called with (encoded, of).
    """
    parameter = next(vae.parameters())
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    shape = (len(pictures), vae.config.latent_channels, side // factor, side // factor)
    key = _key(pictures, vae, side)
    array, done = _open(folder, key, shape)
    for start in range(done, len(pictures), _BATCH):
        batch = pictures[start : start + _BATCH]
        rgb = torch.from_numpy(np.stack([read_square(picture.path, side) for picture in batch]))
        pixels = to_pixels(rgb).to(parameter.device, parameter.dtype)
        with torch.no_grad():
            mean = vae.encode(pixels).latent_dist.mean * vae.config.scaling_factor
        array[start : start + len(batch)] = mean.float().cpu().numpy()
        if (start // _BATCH + 1) % (_FLUSH_EVERY // _BATCH) == 0:
            _note(folder, array, key, start + len(batch))
        report(start + len(batch), len(pictures))
    _note(folder, array, key, len(pictures))
    return torch.from_numpy(np.array(array))


def to_pixels(rgb: torch.Tensor) -> torch.Tensor:
    """(batch, height, width, 3) uint8 to (batch, 3, height, width) float32 in -1 .. 1, channels last in memory."""
    return rgb.permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def _open(folder: Path, key: str, shape: tuple[int, ...]) -> tuple[np.memmap, int]:
    """The array and how many pictures of it are done."""
    path, note = folder / _ARRAY, folder / _NOTE
    if path.is_file() and note.is_file():
        noted = json.loads(note.read_text(encoding="utf-8"))
        if noted["key"] == key:
            return np.lib.format.open_memmap(path, mode="r+"), noted["done"]
    note.unlink(missing_ok=True)
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape), 0


def _note(folder: Path, array: np.memmap, key: str, done: int) -> None:
    array.flush()
    (folder / _NOTE).write_text(json.dumps({"key": key, "done": done}), encoding="utf-8")


def _key(pictures: tuple[Picture, ...], vae: Any, side: int) -> str:
    digest = hashlib.sha256(f"{side}".encode())
    for tensor in vae.state_dict().values():
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    digest.update(pictures_key(pictures).encode())
    return digest.hexdigest()


def pictures_key(pictures: Sequence[Picture]) -> str:
    """Changes with names, sizes and times of the files."""
    states = ((picture.path.name, picture.path.stat()) for picture in pictures)
    lines = (f"{name} {state.st_size} {state.st_mtime_ns}\n" for name, state in states)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
