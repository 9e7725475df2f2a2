"""Models and ControlNets in memory: what was used last stays, within a budget of bytes."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import psutil
import torch

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.architectures.parts import ModelParts, Placement
from velatura_daemon.models.inspection import FoundModel
from velatura_daemon.models.library import ModelLibrary
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.errors import VelaturaError

from .content_cache import content_key
from .job_record import JobRecord
from .loras import ChosenLora
from .memory import free_unused, is_out_of_memory
from .preview import PreviewMaker

#: Share of the device's memory that loaded weights may take; the rest is for the pictures and for other programs.
WEIGHTS_SHARE = 0.6

Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready.

    Attributes:
        content: stands for the model's weights in cache keys.
    """

    id: str
    architecture: Architecture
    sizes: TrainedSizes
    parts: ModelParts
    preview: PreviewMaker
    content: bytes


class LoadedModels:
    """Loads what the library knows, and keeps at least what is in use, whatever it weighs."""

    def __init__(self, library: ModelLibrary, placement: Placement) -> None:
        self._library = library
        self._placement = placement
        self._budget_bytes = _weights_budget(placement)
        self._held: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()

    def model(self, model_id: str, record: JobRecord) -> LoadedModel:
        """Raises ``VelaturaError``: ``unknown_model``, ``model_incomplete``, ``model_unsafe``, ``out_of_memory``."""
        found = _known_after_a_scan(self._library, model_id)
        architecture, sizes = cast(Architecture, found.architecture), cast(TrainedSizes, found.sizes)

        def load() -> LoadedModel:
            parts = architecture.load(found.folder, self._placement)
            return LoadedModel(model_id, architecture, sizes, parts, PreviewMaker(parts), _fingerprint(found.folder))

        loaded, made = self._find_or_load(found.folder, load)
        record.count("model", made, verb="loaded")
        return loaded

    def controlnet(self, model: LoadedModel, kind: str, record: JobRecord) -> Any:
        """Raises ``VelaturaError``: ``unknown_control``, ``model_incomplete``, ``out_of_memory``."""
        folder = self._library.controlnet(model.id, kind)
        if folder is None:
            raise VelaturaError(
                "unknown_control",
                f"There is no ControlNet for {kind[:64]!r} that fits the model {model.id!r}. "
                "Choose another control or another model.",
            )
        network, made = self._find_or_load(folder, lambda: model.architecture.load_controlnet(folder, self._placement))
        record.count("controlnet", made, verb="loaded")
        return network

    def estimator(self, name: str, load: Callable[[Path, Placement], Any]) -> Any:
        """Implements ``controls.control.Estimators``. Raises what ``load`` raises, and ``out_of_memory``."""
        folder = self._library.estimator(name)
        return None if folder is None else self._find_or_load(folder, lambda: load(folder, self._placement))[0]

    def fingerprint(self, name: str) -> bytes:
        """Implements ``controls.control.Estimators``."""
        folder = self._library.estimator(name)
        return b"" if folder is None else _fingerprint(folder)

    def lora(self, name: str, weight: float) -> ChosenLora:
        """Raises ``VelaturaError`` ``unknown_lora``."""
        if all(lora.name != name for lora in self._library.loras()):
            self._library.scan()
        return ChosenLora(name, self._library.lora(name).path, weight)

    def keep_only(self, model: LoadedModel) -> None:
        """Let go of all weights but this model's; ControlNets in use are held by the job itself."""
        self._held = OrderedDict((key, held) for key, held in self._held.items() if held[0] is model)

    def _find_or_load(self, folder: Path, load: Callable[[], Loaded]) -> tuple[Loaded, bool]:
        """What ``load`` makes of ``folder``, and True when it had to: the first time, or because its files changed."""
        key = _fingerprint(folder)
        if key in self._held:
            self._held.move_to_end(key)
            return cast(Loaded, self._held[key][0]), False
        size = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
        while self._held and sum(held_size for _, held_size in self._held.values()) + size > self._budget_bytes:
            self._held.popitem(last=False)
        loaded = self._load_with_room(load, folder)
        self._held[key] = (loaded, size)
        return loaded, True

    def _load_with_room(self, load: Callable[[], Loaded], folder: Path) -> Loaded:
        """Tries again without any other model when memory runs out."""
        try:
            return load()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        self._held.clear()
        free_unused()
        try:
            return load()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise VelaturaError(
                "out_of_memory",
                f"There is not enough memory to load {folder.name}. Close other programs or choose a smaller model.",
                retry=True,
            ) from error


def _known_after_a_scan(library: ModelLibrary, model_id: str) -> FoundModel:
    """A model may have been added after the worker started."""
    if all(model.id != model_id or model.problem for model in library.models()):
        library.scan()
    return library.require(model_id)


def _weights_budget(placement: Placement) -> int:
    """Bytes that loaded weights may take on this device."""
    if placement.device.startswith("cuda"):
        return int(torch.cuda.get_device_properties(placement.device).total_memory * WEIGHTS_SHARE)
    return int(psutil.virtual_memory().total * WEIGHTS_SHARE)


def _fingerprint(folder: Path) -> bytes:
    """Changes when a file of the folder is replaced, so that a model that was trained on is loaded again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return content_key(str(folder), *(part for state in states for part in state))
