"""The state of a run on disk. A checkpoint is a folder that appears whole or not at all; the last two are kept.

Tensors are in safetensors, the rest is JSON: nothing that runs code when it is read.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from velatura_protocol.errors import VelaturaError

KEPT = 2
_TENSORS = "state.safetensors"
_FACTS = "state.json"


@dataclass(frozen=True)
class State:
    """``step``: steps done. ``tensors``: weights, averages and optimizer state by name. ``facts``: JSON values."""

    step: int
    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]


def write_checkpoint(folder: Path, state: State) -> None:
    """Raises ``VelaturaError`` ``disk_full``; the checkpoints before it stay."""
    final = folder / f"checkpoint-{state.step:08d}"
    unfinished = final.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _check_space(folder, state)
        unfinished.mkdir(parents=True)
        save_file({name: tensor.contiguous() for name, tensor in state.tensors.items()}, unfinished / _TENSORS)
        (unfinished / _FACTS).write_text(json.dumps({"step": state.step, **state.facts}), encoding="utf-8")
        for path in (unfinished / _TENSORS, unfinished / _FACTS, unfinished):
            _to_disk(path)
        shutil.rmtree(final, ignore_errors=True)
        unfinished.rename(final)
        _to_disk(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise VelaturaError(
            "disk_full",
            f"The state of step {state.step} could not be written to {folder} ({error}). Free some space and go on "
            "with --resume: the state before it is kept.",
        ) from error
    for old in checkpoints(folder)[:-KEPT]:
        shutil.rmtree(old)


def read_newest(folder: Path) -> State | None:
    """None when there is no checkpoint yet."""
    found = checkpoints(folder)
    if not found:
        return None
    facts = json.loads((found[-1] / _FACTS).read_text(encoding="utf-8"))
    return State(step=facts.pop("step"), tensors=load_file(found[-1] / _TENSORS), facts=facts)


def checkpoints(folder: Path) -> list[Path]:
    """The oldest first."""
    return sorted(path for path in folder.glob("checkpoint-*") if path.suffix != ".new")


def _check_space(folder: Path, state: State) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    needed = sum(tensor.numel() * tensor.element_size() for tensor in state.tensors.values())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"{needed >> 20} MiB are needed and {free >> 20} are free")


def _to_disk(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # where folders cannot be opened
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
