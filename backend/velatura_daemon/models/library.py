"""The models, ControlNets and LoRAs in a set of folders. Torch-free: the supervisor reads it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import ModelDescription

from .discovery import discover
from .inspection import SIDECAR, FoundModel, check_weights, inspect_model, read_json
from .safetensors_header import read_shapes

#: What comes with the package; looked at before any other folder.
EMBEDDED_FOLDER = Path(__file__).parent.parent / "assets"


@dataclass(frozen=True)
class FoundControlNet:
    """``base``: the model id or architecture id that it was trained for. ``text_width``: as in ``FoundModel``."""

    kind: str
    base: str
    text_width: int
    folder: Path


@dataclass(frozen=True)
class FoundLora:
    """``text_width``: features of a text token that it was trained with, 0 when its tensors do not tell."""

    name: str
    path: Path
    text_width: int


class ModelLibrary:
    """Reads ``models/``, ``controlnets/``, ``loras/``, ``estimators/`` in the embedded folder and then each given one.

    Of two models with the same folder name, the second gets ``-2`` after its id, the third ``-3``; a label that another
    model has already gets the id behind it.
    """

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        self._folders = (EMBEDDED_FOLDER, *folders)
        self._architectures = discover("velatura_daemon.architectures", "ARCHITECTURE", Architecture)
        self._models: dict[str, FoundModel] = {}
        self._controlnets: list[FoundControlNet] = []
        self._loras: dict[str, FoundLora] = {}
        self.scan()

    def scan(self) -> None:
        """Look at the folders again."""
        self._models, self._controlnets, self._loras = {}, [], {}
        for folder in self._folders:
            for index in sorted(folder.glob("models/*/model_index.json")):
                model_id = _free_id(index.parent.name, self._models)
                found = inspect_model(model_id, index.parent, self._architectures)
                self._models[model_id] = _told_apart(found, self._models.values())
            self._controlnets += filter(None, map(_read_controlnet, sorted(folder.glob("controlnets/*/config.json"))))
            for path in sorted(folder.glob("loras/*.safetensors")):
                name = _free_id(path.stem, self._loras)
                self._loras[name] = FoundLora(name, path, _lora_text_width(path))

    def models(self) -> tuple[ModelDescription, ...]:
        """All models, in the order found; those with a ``problem`` too."""
        return tuple(model.description for model in self._models.values())

    def loras(self) -> tuple[FoundLora, ...]:
        return tuple(self._loras.values())

    def require(self, model_id: str) -> FoundModel:
        """The model, ready for use.

        Raises:
            VelaturaError: ``unknown_model``, ``model_incomplete``, ``model_unsafe``.
        """
        model = self._get(model_id)
        if model.error is not None:
            raise VelaturaError(model.error.info.code, model.error.info.message)
        return model

    def sizes(self, model_id: str) -> TrainedSizes:
        """The picture sizes that the model was trained for. Raises like ``require``."""
        return cast(TrainedSizes, self.require(model_id).sizes)

    def folder(self, model_id: str) -> Path:
        """Raises ``VelaturaError`` ``unknown_model``."""
        return self._get(model_id).folder

    def controlnet(self, model_id: str, kind: str) -> Path | None:
        """The folder of a ControlNet of this kind that fits the model, None when there is none.

        One made for this very model goes before one made for another of the same name, such as the one that it is a
        copy of, and that before one made for its architecture.
        """
        model = self._get(model_id)
        fitting = [found for found in self._controlnets if found.kind == kind and found.text_width == model.text_width]
        for base in (model_id, model.folder.name, model.description.architecture):
            for found in fitting:
                if found.base == base:
                    return found.folder
        return None

    def estimator(self, name: str) -> Path | None:
        """The first folder ``estimators/NAME`` with a model in it, None when there is none."""
        folders = (folder / "estimators" / name for folder in self._folders)
        return next((folder for folder in folders if (folder / "config.json").is_file()), None)

    def lora(self, name: str) -> FoundLora:
        """Raises ``VelaturaError`` ``unknown_lora``."""
        if name not in self._loras:
            raise VelaturaError("unknown_lora", f"There is no LoRA {name[:64]!r}. Choose one of the list.")
        return self._loras[name]

    def models_for_lora(self, name: str) -> tuple[str, ...]:
        """Ids of the models that a LoRA fits: those of its text width, or all when it does not tell."""
        lora = self.lora(name)
        usable = [model for model in self._models.values() if model.error is None]
        return tuple(model.description.id for model in usable if lora.text_width in (0, model.text_width))

    def _get(self, model_id: str) -> FoundModel:
        if model_id not in self._models:
            raise VelaturaError("unknown_model", f"There is no model {model_id[:64]!r}. Choose one of the list.")
        return self._models[model_id]


_Anything = TypeVar("_Anything")


def _free_id(wanted: str, taken: dict[str, _Anything]) -> str:
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def _told_apart(found: FoundModel, others: Iterable[FoundModel]) -> FoundModel:
    """A copied model brings its label along; a painter could not tell it from the first."""
    description = found.description
    if all(description.label != other.description.label for other in others):
        return found
    return replace(found, description=replace(description, label=f"{description.label} ({description.id})"))


def _read_controlnet(config_path: Path) -> FoundControlNet | None:
    """None for a folder that says neither kind nor base, or whose weights are not whole safetensors."""
    folder = config_path.parent
    try:
        sidecar = read_json(folder / SIDECAR)
        config = read_json(config_path)
        check_weights(folder, "diffusion_pytorch_model")
    except VelaturaError:
        return None
    kind, base, text_width = sidecar.get("control"), sidecar.get("base"), config.get("cross_attention_dim")
    if not (isinstance(kind, str) and isinstance(base, str) and isinstance(text_width, int)):
        return None
    return FoundControlNet(kind, base, text_width, folder)


def _lora_text_width(path: Path) -> int:
    """From the down-projection of a cross-attention key, whose second axis is the text width."""
    try:
        shapes = read_shapes(path)
    except (OSError, ValueError):
        return 0
    for name, shape in shapes.items():
        is_text_key = "attn2_to_k" in name or "attn2.to_k" in name
        if is_text_key and name.endswith(("lora_down.weight", "lora_A.weight", "lora.down.weight")):
            return shape[1]
    return 0
