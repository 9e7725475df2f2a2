"""The catalogue: what the daemon can do, described for a person."""

from typing import Protocol, runtime_checkable

from velatura_protocol.catalogue import ControlDescription, LoraDescription, SamplerDescription
from velatura_protocol.messages import Catalogue

from .discovery import discover
from .library import ModelLibrary
from .options import all_options, all_tasks


@runtime_checkable
class DescribedControl(Protocol):
    """The part of a control file's CONTROL that is told to painters."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def estimator(self) -> str: ...
    @property
    def without_estimator(self) -> str: ...


@runtime_checkable
class DescribedSampler(Protocol):
    """The part of a sampler file's SAMPLER that is told to painters."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...


def build_catalogue(library: ModelLibrary) -> Catalogue:
    """Describe ``library`` as it was last scanned, with the tasks, options, controls and samplers of this version."""
    found = discover("velatura_daemon.samplers", "SAMPLER", DescribedSampler)
    samplers = tuple(SamplerDescription(id=sampler.id, label=sampler.label) for sampler in found.values())
    return Catalogue(
        models=library.models(),
        tasks=all_tasks(),
        options=all_options(samplers),
        controls=_controls(library),
        samplers=samplers,
        loras=tuple(
            LoraDescription(name=lora.name, models=library.models_for_lora(lora.name)) for lora in library.loras()
        ),
    )


def _controls(library: ModelLibrary) -> tuple[ControlDescription, ...]:
    controls = discover("velatura_daemon.controls", "CONTROL", DescribedControl)
    model_ids = [model.id for model in library.models()]
    return tuple(_describe_control(control, model_ids, library) for control in controls.values())


def _describe_control(control: DescribedControl, model_ids: list[str], library: ModelLibrary) -> ControlDescription:
    can_prepare = not control.estimator or library.estimator(control.estimator) is not None
    return ControlDescription(
        id=control.id,
        label=control.label,
        help=control.help,
        models=tuple(model_id for model_id in model_ids if library.controlnet(model_id, control.id)),
        can_prepare=can_prepare,
        prepare_problem="" if can_prepare else control.without_estimator,
    )
