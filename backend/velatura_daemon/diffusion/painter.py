"""Runs one request through the stages: load, encode, denoise, decode, compose."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from velatura_daemon.architectures.parts import Placement
from velatura_daemon.controls.control import Control
from velatura_daemon.engine_contract import EngineResult, EngineSettings, MadePatch, Observer
from velatura_daemon.models.discovery import discover
from velatura_daemon.models.library import ModelLibrary
from velatura_daemon.planning.check import check_run_size
from velatura_daemon.planning.run_size import choose_run_size
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_daemon.samplers.sampler import Sampler
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Report
from velatura_protocol.request import GenerationRequest

from .content_cache import ContentCache
from .denoising import DenoisingInputs, Progress, denoise
from .device import choose_placement, describe
from .encoding import Encoder
from .guidance import Guidance
from .job_record import JobRecord
from .latents import decode_latents
from .loaded_models import LoadedModel, LoadedModels
from .loading import own_scheduler
from .loras import ChosenLora, applied_loras, content_with_loras
from .memory import Economy, tiled_vae, with_less_and_less_memory
from .tasks import RunSize, TaskInputs, prepare_task


@dataclass(frozen=True)
class _Job:
    """A request with everything that it needs, loaded. ``new_scheduler`` makes a fresh sampler for each call."""

    request: GenerationRequest
    blobs: Sequence[memoryview]
    size: RunSize
    model: LoadedModel
    networks: tuple[Any, ...]
    loras: tuple[ChosenLora, ...]
    new_scheduler: Callable[[], Any]
    record: JobRecord

    @property
    def seeds(self) -> list[int]:
        return [self.request.seed + index for index in range(self.request.count)]


class Painter:
    """Holds what lasts from job to job: loaded weights and the caches."""

    def __init__(self, settings: EngineSettings) -> None:
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self._placement = choose_placement(settings.device)
        self._models = LoadedModels(ModelLibrary(settings.model_folders), self._placement)
        self._samplers = discover("velatura_daemon.samplers", "SAMPLER", Sampler)
        self._encoder = Encoder(
            ContentCache(settings.cache_bytes), discover("velatura_daemon.controls", "CONTROL", Control)
        )

    def describe(self) -> dict[str, str]:
        """Device, its memory, library versions."""
        return describe(self._placement)

    def paint(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        """Raises as ``engine_contract.Engine.run`` says."""
        record = JobRecord(observer)
        job = self._load(request, blobs, record)
        with applied_loras(job.model.architecture, job.model.parts, job.loras):
            patches = with_less_and_less_memory(
                lambda economy: self._attempt(job, economy),
                let_go=lambda: self._let_go(job),
                pictures=request.count,
                record=record,
            )
        report = Report(
            model=request.model,
            device=self._placement.device,
            sampler=request.sampler or str(job.model.parts.scheduler_config["_class_name"]),
            run_width=job.size.width,
            run_height=job.size.height,
            timings=record.timings,
            counters=dict(record.counters),
            notes=tuple(record.notes),
        )
        return EngineResult(patches, report)

    def _load(self, request: GenerationRequest, blobs: Sequence[memoryview], record: JobRecord) -> _Job:
        with record.stage("loading"):
            model = self._models.model(request.model, record)
            networks = tuple(self._models.controlnet(model, control.kind, record) for control in request.controls)
            loras = tuple(self._models.lora(lora.name, lora.weight) for lora in request.loras)
        return _Job(
            request=request,
            blobs=blobs,
            size=_run_size(request, model.sizes),
            model=model,
            networks=networks,
            loras=loras,
            new_scheduler=self._scheduler_factory(request, model),
            record=record,
        )

    def _scheduler_factory(self, request: GenerationRequest, model: LoadedModel) -> Callable[[], Any]:
        config = model.parts.scheduler_config
        if not request.sampler:
            return lambda: own_scheduler(config)
        if request.sampler not in self._samplers:
            raise VelaturaError("unknown_sampler", f"There is no sampler {request.sampler!r}. Choose one of the list.")
        return lambda: self._samplers[request.sampler].build(config)

    def _attempt(self, job: _Job, economy: Economy) -> tuple[MadePatch, ...]:
        with tiled_vae(job.model.parts.vae, economy.tiled):
            with job.record.stage("encoding"):
                inputs = prepare_task(job.request, job.blobs, job.size)
                denoising = self._encode(job, inputs)
            for note in inputs.notes:
                job.record.note(note)
            batch = job.request.count if can_batch(self._placement) and not economy.one_by_one else 1
            latents = torch.cat(list(_denoise_in_batches(job, denoising, batch)))
            with job.record.stage("decoding"):
                pictures = []
                for one in latents:
                    job.record.observer.check_cancelled()
                    pictures.append(decode_latents(job.model.parts, one[None]))
        with job.record.stage("compositing"):
            return tuple(inputs.finish(rgb, seed) for rgb, seed in zip(pictures, job.seeds, strict=True))

    def _encode(self, job: _Job, inputs: TaskInputs) -> DenoisingInputs:
        request, record = job.request, job.record
        text_content = content_with_loras(job.model.content, job.loras)
        conditioning = self._encoder.conditioning(replace(job.model, content=text_content), request, record)
        record.observer.check_cancelled()
        guidances = tuple(
            Guidance(
                network=network,
                map=self._encoder.control_map(control, job.blobs, job.size, record),
                weight=control.weight,
                start=control.start,
                end=control.end,
            )
            for network, control in zip(job.networks, request.controls, strict=True)
        )
        original = None if inputs.image is None else self._encoder.image(job.model, inputs.image, record)
        return DenoisingInputs(
            size=job.size,
            conditioning=conditioning,
            steps=request.steps,
            strength=request.strength,
            guidance_scale=request.guidance_scale,
            guidances=guidances,
            original=original,
            change=inputs.change,
        )

    def _let_go(self, job: _Job) -> None:
        self._models.keep_only(job.model)
        self._encoder.clear()


def can_batch(placement: Placement) -> bool:
    """Whether the pictures of a job are denoised together.

    Not on a CPU: batched kernels round differently, and made one after the other each picture equals its seed alone to
    the last bit. On a GPU, where a batch is much faster, the two differ by rounding.
    """
    return placement.device != "cpu"


def _denoise_in_batches(job: _Job, inputs: DenoisingInputs, batch: int) -> Iterator[torch.Tensor]:
    batches = [job.seeds[start : start + batch] for start in range(0, len(job.seeds), batch)]
    total = inputs.steps_to_run * len(batches)
    with job.record.stage("denoising"):
        for number, seeds in enumerate(batches):
            yield denoise(
                inputs,
                seeds,
                architecture=job.model.architecture,
                parts=job.model.parts,
                scheduler=job.new_scheduler(),
                observer=job.record.observer,
                progress=Progress(first=number * inputs.steps_to_run, of=total),
                preview=job.model.preview,
            )


def _run_size(request: GenerationRequest, sizes: TrainedSizes) -> RunSize:
    """Raises ``VelaturaError`` ``invalid_value`` for a size that the model was not trained for."""
    if request.run_width == 0 and request.run_height == 0:
        return RunSize(*choose_run_size(request.region.width, request.region.height, sizes))
    check_run_size(request, sizes)
    return RunSize(request.run_width, request.run_height)
