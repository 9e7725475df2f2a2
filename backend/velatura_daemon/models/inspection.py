"""Looks into a diffusers folder: which architecture runs it, at which sizes, and what is wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from velatura_daemon.architectures.architecture import Architecture, RequiredPart
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.codec import Plain
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import ModelDescription

from .options import tasks_of_every_model
from .safetensors_header import read_shapes

#: Files that run code when they are opened (Python pickles). Never read.
UNSAFE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
#: A file of ours beside a model's or ControlNet's own: label, defaults, largest enlargement, what a ControlNet
#: is for.
SIDECAR = "velatura.json"


@dataclass(frozen=True)
class FoundModel:
    """A model folder. ``error`` says why it cannot be used; then ``sizes`` and ``architecture`` may be missing.

    Attributes:
        text_width: features of one text token where they enter the UNet.
    """

    description: ModelDescription
    folder: Path
    architecture: Architecture | None = None
    sizes: TrainedSizes | None = None
    text_width: int = 0
    error: VelaturaError | None = None


def inspect_model(model_id: str, folder: Path, architectures: Mapping[str, Architecture]) -> FoundModel:
    """What is in ``folder``, which has a ``model_index.json``. Never raises for what it finds there."""
    label = model_id
    architecture = None
    try:
        sidecar = read_json(folder / SIDECAR) if (folder / SIDECAR).exists() else {}
        label = str(sidecar.get("label", model_id))
        index = read_json(folder / "model_index.json")
        architecture = _architecture_of(index, folder, architectures)
        for part in architecture.required_parts:
            _check_part(part, folder, index)
        configs = _part_configs(architecture, folder)
        sizes, text_width = _read_configs(architecture, configs, folder)
        sizes = _with_enlargement(sizes, sidecar, folder)
    except VelaturaError as error:
        name = architecture.id if architecture else ""
        description = ModelDescription(id=model_id, label=label, architecture=name, problem=error.info.message)
        return FoundModel(description, folder, architecture, error=error)
    given_defaults = sidecar.get("defaults")
    defaults = {**architecture.defaults, **(given_defaults if isinstance(given_defaults, dict) else {})}
    description = ModelDescription(
        id=model_id,
        label=label,
        architecture=architecture.id,
        tasks=(*architecture.tasks, *tasks_of_every_model()),
        native_width=sizes.native_width,
        native_height=sizes.native_height,
        multiple=sizes.multiple,
        defaults=defaults,
    )
    return FoundModel(description, folder, architecture, sizes, text_width)


def _with_enlargement(sizes: TrainedSizes, sidecar: Mapping[str, Plain], folder: Path) -> TrainedSizes:
    """The sidecar may say how far the model can be enlarged piece by piece; its weights do not tell."""
    given = sidecar.get("largest_enlargement", sizes.largest_enlargement)
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise _incomplete(folder, f"{SIDECAR} names {given!r} as largest_enlargement, which must be 1 or more")
    return replace(sizes, largest_enlargement=given)


def read_json(path: Path) -> dict[str, Plain]:
    """A JSON file that holds an object.

    Raises:
        VelaturaError: ``model_incomplete``.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise _incomplete(path.parent, f"{path.name} cannot be read") from None
    except ValueError:
        raise _incomplete(path.parent, f"{path.name} is not valid JSON") from None
    if not isinstance(content, dict):
        raise _incomplete(path.parent, f"{path.name} is not a JSON object")
    return cast("dict[str, Plain]", content)


def check_weights(folder: Path, stem: str) -> None:
    """Raise unless ``folder`` holds whole safetensors files of this name.

    Raises:
        VelaturaError: ``model_unsafe`` when there are only pickles, ``model_incomplete`` for anything else.
    """
    weights = sorted(folder.glob(f"{stem}*.safetensors"))
    if not weights:
        unsafe = [path.name for path in sorted(folder.iterdir()) if path.suffix in UNSAFE_SUFFIXES]
        if unsafe:
            raise VelaturaError(
                "model_unsafe",
                f"{folder / unsafe[0]} is a pickle, which can run any program when it is opened. "
                "Get the model as .safetensors, or convert it.",
            )
        raise _incomplete(folder, f"{stem}.safetensors is missing")
    for path in weights:
        try:
            read_shapes(path)
        except OSError:
            raise _incomplete(folder, f"{path.name} cannot be read") from None
        except ValueError as error:
            raise _incomplete(folder, f"{path.name} {error}") from None


def _architecture_of(
    index: Mapping[str, Plain], folder: Path, architectures: Mapping[str, Architecture]
) -> Architecture:
    for architecture in architectures.values():
        if architecture.recognises(index):
            return architecture
    raise VelaturaError(
        "model_incomplete",
        f"{folder} is for {index.get('_class_name', 'an unknown pipeline')}, which this version cannot run. "
        "Use a model that it can run, such as Stable Diffusion 1.5.",
    )


def _check_part(part: RequiredPart, folder: Path, index: Mapping[str, Plain]) -> None:
    entry = index.get(part.folder)
    class_name = entry[1] if isinstance(entry, list) and len(entry) == 2 else None
    if part.class_names and class_name not in part.class_names:
        raise _incomplete(folder, f"model_index.json names {class_name} as {part.folder}, not {part.class_names[0]}")
    part_folder = folder / part.folder
    if not part_folder.is_dir():
        raise _incomplete(folder, f"the folder {part.folder} is missing")
    for group in part.files:
        if not any((part_folder / name).is_file() for name in group):
            raise _incomplete(part_folder, f"{group[0]} is missing")
    if part.weights:
        check_weights(part_folder, part.weights)


def _part_configs(architecture: Architecture, folder: Path) -> dict[str, dict[str, Plain]]:
    folders = [part.folder for part in architecture.required_parts if part.weights]
    return {name: read_json(folder / name / "config.json") for name in folders}


def _read_configs(
    architecture: Architecture, configs: Mapping[str, Mapping[str, Plain]], folder: Path
) -> tuple[TrainedSizes, int]:
    try:
        return architecture.sizes(configs), architecture.text_width(configs)
    except KeyError as error:
        raise _incomplete(folder, f"a config.json lacks {error}") from None
    except (ValueError, TypeError) as error:
        raise _incomplete(folder, f"its configuration does not fit together ({error})") from None


def _incomplete(folder: Path, what: str) -> VelaturaError:
    return VelaturaError("model_incomplete", f"In {folder}, {what}. Download or copy the model again.")
