"""Puts the parts of a training together: reads the data, loads the model, runs the loop, tells the result."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

from velatura_daemon.architectures.parts import ModelParts

from .console import RunConsole, tell_problems, tell_result
from .latents import encoded_pictures, pictures_key
from .loop import RUN_FOLDER, Run, Task, new_accelerator, prepare_folder, train
from .model_folder import DEFAULT_BASE, base_folder, load_for_training
from .pictures import PictureFolder, read_folder
from .settings import BaseSettings, ControlSettings, LoraSettings, TrainingSettings, VaeSettings
from .settings import read_settings as settings_for

__all__ = ["Order", "settings_for", "train_base", "train_control", "train_lora", "train_vae"]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What every kind of training is told. ``base``: folder or id of the model to begin with."""

    data: Path
    out: Path
    resume: bool
    device: str
    as_json: bool
    base: str = DEFAULT_BASE

    @property
    def run_folder(self) -> Path:
        return self.out / RUN_FOLDER


def train_vae(order: Order, settings: VaeSettings) -> bool:
    """All of these: True when finished, False when stopped with its state kept; raise ``VelaturaError``."""
    from .vae import VaeTask, read_pictures

    def task(data: PictureFolder, console: RunConsole, device: str) -> Task:
        unpacked = partial(console.prepared, "reading pictures")
        pictures = read_pictures(data.pictures, settings.picture_side, order.run_folder, unpacked)
        return VaeTask(pictures=pictures, settings=settings, device=device)

    return _train(order, settings, {"kind": "vae"}, task)


def train_base(order: Order, settings: BaseSettings, vae_folder: Path | None) -> bool:
    from .base import BaseTask

    folder = base_folder(order.base)

    def task(data: PictureFolder, console: RunConsole, device: str) -> Task:
        parts = load_for_training(folder, device)
        if vae_folder is not None:
            vae: Any = AutoencoderKL.from_pretrained(vae_folder, dtype=torch.float32, local_files_only=True)
            parts = dataclasses.replace(parts, vae=vae.to(device).eval().requires_grad_(False))
        return BaseTask(
            base=folder,
            parts=parts,
            pictures=data.pictures,
            latents=_latents(order, data, parts, console),
            settings=settings,
            with_vae=vae_folder is not None,
        )

    return _train(order, settings, {"kind": "base", "base": str(folder), "vae": str(vae_folder or "")}, task)


def train_control(order: Order, settings: ControlSettings, kind: str) -> bool:
    from .control import ControlTask, read_maps

    folder = base_folder(order.base)

    def task(data: PictureFolder, console: RunConsole, device: str) -> Task:
        parts = load_for_training(folder, device)
        return ControlTask(
            kind=kind,
            base_id=folder.name,
            parts=parts,
            pictures=data.pictures,
            latents=_latents(order, data, parts, console),
            maps=read_maps(data.pictures, kind, _side(parts), order.run_folder),
            settings=settings,
        )

    return _train(order, settings, {"kind": "control", "control": kind, "base": str(folder)}, task)


def train_lora(order: Order, settings: LoraSettings, name: str) -> bool:
    from .lora import LoraTask

    folder = base_folder(order.base)

    def task(data: PictureFolder, console: RunConsole, device: str) -> Task:
        parts = load_for_training(folder, device)
        return LoraTask(
            name=name,
            parts=parts,
            pictures=data.pictures,
            latents=_latents(order, data, parts, console),
            settings=settings,
        )

    return _train(order, settings, {"kind": "lora", "name": name, "base": str(folder)}, task)


def _train(
    order: Order,
    settings: TrainingSettings,
    facts: dict[str, Any],
    new_task: Callable[[PictureFolder, RunConsole, str], Task],
) -> bool:
    data = read_folder(order.data)
    tell_problems(data)
    noted = {**facts, "pictures": len(data.pictures), "data": pictures_key(data.pictures)}
    run = Run(settings=settings, out=order.out, resume=order.resume, facts=noted)
    prepare_folder(run)
    accelerator = new_accelerator(settings.precision, order.device)
    with RunConsole() as console:
        task = new_task(data, console, str(accelerator.device))
        finished = train(task, run, accelerator, console)
    if finished:
        result = {"out": str(order.out), "steps": settings.steps, "pictures": len(data.pictures), **facts}
        tell_result({**result, "left_out": len(data.problems)}, order.out, as_json=order.as_json)
    return finished


def _latents(order: Order, data: PictureFolder, parts: ModelParts, console: RunConsole) -> torch.Tensor:
    encoded = partial(console.prepared, "encoding pictures")
    return encoded_pictures(data.pictures, parts.vae, _side(parts), order.run_folder, encoded)


def _side(parts: ModelParts) -> int:
    """Pixels of a side that the model is made for."""
    return int(parts.unet.config.sample_size) * parts.vae_factor
