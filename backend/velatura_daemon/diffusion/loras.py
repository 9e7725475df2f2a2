"""LoRAs: small changes to a model's weights (Hu et al. 2021, arXiv:2106.09685), put on for one job."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.architectures.parts import ModelParts
from velatura_protocol.errors import VelaturaError

from .content_cache import content_key


@dataclass(frozen=True)
class ChosenLora:
    """``weight``: 0 = without effect, 1 = as trained."""

    name: str
    path: Path
    weight: float


def content_with_loras(content: bytes, loras: Sequence[ChosenLora]) -> bytes:
    """What stands in cache keys for the weights of a model with LoRAs on."""
    states = [(str(lora.path), lora.path.stat().st_mtime_ns, lora.weight) for lora in loras]
    return content_key(content, *(part for state in states for part in state)) if loras else content


@contextmanager
def applied_loras(architecture: Architecture, parts: ModelParts, loras: Sequence[ChosenLora]) -> Iterator[None]:
    """The LoRAs act on every pipeline around these parts inside the block; after it the weights are what they were.

    Raises:
        VelaturaError: ``invalid_value`` for a LoRA that does not fit the model.
    """
    if not loras:
        yield
        return
    pipeline = architecture.pipeline(parts, None, starts_from_image=False)
    try:
        for number, lora in enumerate(loras):
            _load(pipeline, lora, adapter=f"lora{number}")
        pipeline.set_adapters([f"lora{number}" for number in range(len(loras))], [lora.weight for lora in loras])
        yield
    finally:
        pipeline.unload_lora_weights()


def _load(pipeline: Any, lora: ChosenLora, *, adapter: str) -> None:
    try:
        pipeline.load_lora_weights(
            lora.path.parent, weight_name=lora.path.name, adapter_name=adapter, local_files_only=True
        )
        adapters = pipeline.get_list_adapters()
    except Exception as error:
        raise _does_not_fit(lora) from error
    # a file whose tensors name no layer of the model loads without a word and does nothing
    if not any(adapter in names for names in adapters.values()):
        raise _does_not_fit(lora)


def _does_not_fit(lora: ChosenLora) -> VelaturaError:
    return VelaturaError(
        "invalid_value",
        f"The LoRA {lora.name!r} does not fit this model, or is of a kind that cannot be read (LoHa, LoKr). "
        "Take it out, or choose the model that it was made for.",
    )
