"""Puts the parts of a training together: reads the data, loads the model, runs the loop, tells the result."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

from velatura_daemon.architectures.parts import ModelParts

from .accelerating import new_accelerator
from .console import RunConsole, say, tell_problems, tell_result
from .disk_space import require_space
from .kept_array import KeptArray, pictures_key
from .latents import encoded_pictures, kept_latents
from .loop import RUN_FOLDER, Run, Task, prepare_folder, train
from .model_folder import DEFAULT_BASE, base_folder, load_for_training
from .pictures import PictureFolder, read_folder
from .settings import BaseSettings, ControlSettings, LoraSettings, TrainingSettings, VaeSettings
from .settings import read_settings as settings_for
from .time_budget import TimeBudget

__all__ = ["RUN_FOLDER", "Order", "settings_for", "train_base", "train_control", "train_lora", "train_vae"]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What every kind of training is told. ``base``: folder or id of the model to begin with.

    Attributes:
        budget: when it is spent, what is prepared ends with ``OutOfTimeError``, and what is trained as by Ctrl-C.
    """

    data: Path
    out: Path
    resume: bool
    device: str
    as_json: bool
    base: str = DEFAULT_BASE
    budget: TimeBudget = field(default_factory=TimeBudget)

    @property
    def run_folder(self) -> Path:
        return self.out / RUN_FOLDER


def train_vae(order: Order, settings: VaeSettings) -> bool:
    """All of these: True when finished, False when stopped with its state kept; raise ``VelaturaError``."""
    from .vae import VaeTask, read_pictures

    def task(data: PictureFolder, console: RunConsole, device: str) -> Task:
        unpacked = order.budget.within(partial(console.prepared, "reading pictures"))
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
    from .control import ControlTask, kept_maps, read_maps

    folder = base_folder(order.base)

    def task(data: PictureFolder, console: RunConsole, device: str) -> Task:
        parts = load_for_training(folder, device)
        maps = kept_maps(data.pictures, kind, _side(parts), order.run_folder)
        latents = _latents(order, data, parts, console, maps)
        drawing = order.budget.within(partial(console.prepared, "reading maps"))
        return ControlTask(
            kind=kind,
            base_id=folder.name,
            parts=parts,
            pictures=data.pictures,
            latents=latents,
            maps=read_maps(maps, data.pictures, kind, _side(parts), drawing),
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
    run = Run(settings=settings, out=order.out, resume=order.resume, facts=noted, budget=order.budget)
    prepare_folder(run)
    accelerator = new_accelerator(settings.precision, order.device, say)
    with RunConsole() as console:
        task = new_task(data, console, str(accelerator.device))
        finished = train(task, run, accelerator, console)
    if finished:
        result = {"out": str(order.out), "steps": settings.steps, "pictures": len(data.pictures), **facts}
        tell_result({**result, "left_out": len(data.problems)}, order.out, as_json=order.as_json)
    return finished


def _latents(
    order: Order, data: PictureFolder, parts: ModelParts, console: RunConsole, also: KeptArray | None = None
) -> torch.Tensor:
    """``also``: what will be made after the latents and must find room beside them."""
    kept = kept_latents(data.pictures, parts.vae, _side(parts), order.run_folder)
    if also is not None:
        require_space(order.run_folder, kept.missing_bytes + also.missing_bytes, "latents and maps")
    encoded = order.budget.within(partial(console.prepared, "encoding pictures"))
    return encoded_pictures(kept, data.pictures, parts.vae, _side(parts), encoded)


def _side(parts: ModelParts) -> int:
    """Pixels of a side that the model is made for."""
    return int(parts.unet.config.sample_size) * parts.vae_factor
