"""What an architecture file must define. The torch-free half is read by the supervisor, the other by the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.codec import Plain

from .parts import ModelParts, Placement


@dataclass(frozen=True)
class RequiredPart:
    """A subfolder that a model of the architecture must have.

    Attributes:
        folder: name of the subfolder, and key in ``model_index.json``.
        class_names: class names that ``model_index.json`` may give for it; () = any.
        files: groups of file names; of each group one must be there.
        weights: stem of the weight files (``model`` or ``diffusion_pytorch_model``), "" = the part has none.
    """

    folder: str
    class_names: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    weights: str = ""


@runtime_checkable
class Architecture(Protocol):
    """A family of models that one set of pipelines runs.

    Attributes:
        tasks: ids of the tasks that it can do.
        defaults: option name to the value that suits models of this family.
    """

    @property
    def id(self) -> str: ...
    @property
    def tasks(self) -> tuple[str, ...]: ...
    @property
    def defaults(self) -> Mapping[str, Plain]: ...
    @property
    def required_parts(self) -> tuple[RequiredPart, ...]: ...

    def recognises(self, index: Mapping[str, Plain]) -> bool:
        """True for the content of a ``model_index.json`` that this architecture runs."""
        ...

    def sizes(self, configs: Mapping[str, Mapping[str, Plain]]) -> TrainedSizes:
        """From ``config.json`` of each part, by the part's folder name.

        Raises:
            ValueError, KeyError, TypeError: a config lacks what is needed.
        """
        ...

    def text_width(self, configs: Mapping[str, Mapping[str, Plain]]) -> int:
        """Features of one text token where they enter the UNet: adapters of another width do not fit."""
        ...

    def load(self, folder: Path, placement: Placement) -> ModelParts:
        """Load the parts from safetensors files of this folder, and from nowhere else."""
        ...

    def load_controlnet(self, folder: Path, placement: Placement) -> Any:
        """The diffusers ControlNetModel of this folder."""
        ...

    def pipeline(
        self, parts: ModelParts, scheduler: Any, *, starts_from_image: bool, controlnets: Sequence[Any] = ()
    ) -> Any:
        """A diffusers pipeline around the shared ``parts``; takes about a millisecond and copies no weights."""
        ...
