"""Loads the parts of a model from a diffusers folder: safetensors only, no network, no custom code."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import diffusers
import torch
import transformers
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_utils import SchedulerMixin
from transformers import CLIPTextModel, CLIPTokenizer

from velatura_daemon.architectures.parts import ModelParts, Placement
from velatura_daemon.models.inspection import read_json
from velatura_daemon.samplers.sampler import Sampler
from velatura_protocol.errors import VelaturaError

# their advice is for programmers; what a painter must know, we say ourselves
for library in (diffusers, transformers):
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()


def load_parts(folder: Path, placement: Placement) -> ModelParts:
    """Raises ``VelaturaError`` ``model_incomplete`` when the weights do not fit the configuration."""
    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        text_encoder = _to_device(_load(CLIPTextModel, folder / "text_encoder", placement), placement)
        unet = _to_device(_load(UNet2DConditionModel, folder / "unet", placement), placement)
        vae = _to_device(_load(AutoencoderKL, folder / "vae", placement), placement)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _does_not_load(folder, error) from error
    return ModelParts(
        tokenizer=tokenizer,
        text_encoder=text_encoder,
        unet=unet,
        vae=vae,
        scheduler_config=dict(read_json(folder / "scheduler" / "scheduler_config.json")),
        placement=placement,
    )


def load_controlnet(folder: Path, placement: Placement) -> ControlNetModel:
    """Raises ``VelaturaError`` ``model_incomplete`` when the weights do not fit the configuration."""
    try:
        return _to_device(_load(ControlNetModel, folder, placement), placement)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _does_not_load(folder, error) from error


def own_scheduler(config: dict[str, Any]) -> Any:
    """The sampler that the model was made with.

    Raises:
        VelaturaError: ``model_incomplete`` when the configuration names no scheduler of diffusers.
    """
    name = str(config.get("_class_name", ""))
    kind = getattr(diffusers, name, None) if name.isidentifier() else None
    if not (isinstance(kind, type) and issubclass(kind, SchedulerMixin)):
        raise VelaturaError(
            "model_incomplete",
            f"The model names {name!r} as its sampler, which is not known. Choose a sampler yourself.",
        )
    return cast(Any, kind).from_config(config)


def label_of_own(config: dict[str, Any], samplers: Iterable[Sampler]) -> str:
    """The label of the sampler that does what the model's own does; where none does, its name in diffusers."""
    own = own_scheduler(config)
    for sampler in samplers:
        try:
            built = sampler.build(config)
        except (ValueError, NotImplementedError):  # it cannot go by this model's settings
            continue
        if type(built) is type(own) and _settings(built) == _settings(own):
            return sampler.label
    return str(config["_class_name"]).removesuffix("Scheduler")


def _settings(scheduler: Any) -> dict[str, Any]:
    """Without the notes that diffusers makes on where a configuration comes from."""
    return {name: value for name, value in scheduler.config.items() if not name.startswith("_")}


def _load(kind: Any, folder: Path, placement: Placement) -> Any:
    module, info = kind.from_pretrained(
        folder,
        use_safetensors=True,
        local_files_only=True,
        variant=_variant(folder),
        output_loading_info=True,
        dtype=placement.dtype,
    )
    if info["missing_keys"]:  # which would be left with random weights
        raise ValueError(f"{folder.name} lacks {len(info['missing_keys'])} of its weights")
    return module


def _variant(folder: Path) -> str | None:
    """``fp16`` when the folder has ``model.fp16.safetensors`` and no ``model.safetensors``, and so on."""
    names = [path.name.split(".") for path in sorted(folder.glob("*.safetensors"))]
    if any(len(name) == 2 for name in names):
        return None
    return next((name[1] for name in names if len(name) == 3), None)


def _to_device(module: Any, placement: Placement) -> Any:
    return module.to(placement.device).eval().requires_grad_(False)


def _does_not_load(folder: Path, error: Exception) -> VelaturaError:
    if isinstance(error, torch.OutOfMemoryError):
        raise error
    return VelaturaError(
        "model_incomplete",
        f"The model in {folder} cannot be loaded ({type(error).__name__}: {str(error)[:200]}). "
        "Download or copy it again.",
    )
