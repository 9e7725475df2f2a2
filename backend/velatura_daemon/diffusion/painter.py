"""Runs one request through the stages: load, encode, denoise, decode, compose."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, cast

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
from velatura_daemon.worker_protocol import CONTROL_MAP
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Report
from velatura_protocol.request import GenerationRequest

from .content_cache import ContentCache
from .control_map import make_control_map_patch, map_size
from .denoising import DenoisingInputs, Progress, denoise, steps_to_run
from .device import choose_placement, describe
from .encoding import Encoder
from .guidance import Guidance
from .job_record import JobRecord
from .latents import decode_latents
from .loaded_models import LoadedModel, LoadedModels
from .loading import label_of_own, own_scheduler
from .loras import ChosenLora, applied_loras, content_with_loras
from .memory import Economy, tiled_vae, with_less_and_less_memory
from .passes import Pass, image_for_second_pass, plan_passes
from .preview_frame import PreviewFrame
from .tasks import STARTING_FROM_CANVAS, Rgb, RunSize, TaskInputs, prepare_task
from .tiled_unet import tiled_unet


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
        self._own_samplers: dict[bytes, str] = {}
        self._encoder = Encoder(
            ContentCache(settings.cache_bytes),
            discover("velatura_daemon.controls", "CONTROL", Control),
            self._models,
        )

    def describe(self) -> dict[str, str]:
        """Device, its memory, library versions."""
        return describe(self._placement)

    def paint(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        """Raises as ``engine_contract.Engine.run`` says."""
        record = JobRecord(observer)
        if request.task == CONTROL_MAP:
            return self._make_control_map(request, blobs, record)
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
            sampler=self._sampler_label(request, job.model),
            run_width=job.size.width,
            run_height=job.size.height,
            timings=record.timings,
            counters=dict(record.counters),
            notes=tuple(record.notes),
        )
        return EngineResult(patches, report)

    def _make_control_map(
        self, request: GenerationRequest, blobs: Sequence[memoryview], record: JobRecord
    ) -> EngineResult:
        """Loads no diffusion model."""
        patch = make_control_map_patch(request, blobs, self._encoder, record)
        size = map_size(request)
        report = Report(
            device=self._placement.device,
            run_width=size.width,
            run_height=size.height,
            timings=record.timings,
            counters=dict(record.counters),
        )
        return EngineResult((patch,), report)

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

    def _sampler_label(self, request: GenerationRequest, model: LoadedModel) -> str:
        """Also of the model's own sampler, where it is one of ours; else its name in diffusers."""
        if request.sampler:
            return self._samplers[request.sampler].label
        if model.content not in self._own_samplers:
            self._own_samplers[model.content] = label_of_own(model.parts.scheduler_config, self._samplers.values())
        return self._own_samplers[model.content]

    def _attempt(self, job: _Job, economy: Economy) -> tuple[MadePatch, ...]:
        factor = job.model.parts.vae_factor
        passes = plan_passes(job.request, job.size, job.model.sizes, factor)
        batch = job.request.count if can_batch(self._placement) and not economy.one_by_one else 1
        calls = -(-job.request.count // batch)
        steps = [_steps_of(job, one) for one in passes]
        conditioning: dict[str, torch.Tensor] = {}
        pictures: list[Rgb] = []
        inputs = None
        with tiled_vae(job.model.parts.vae, economy.tiled):
            for number, one in enumerate(passes):
                with job.record.stage("encoding", announced=number == 0):
                    conditioning = conditioning or self._conditioning(job)
                    inputs = prepare_task(job.request, job.blobs, one.size)
                    denoising = self._encode(job, one, inputs, conditioning, pictures)
                progress = Progress(first=calls * sum(steps[:number]), of=calls * sum(steps))
                frame = PreviewFrame(job.model.preview, one.size, inputs.alpha)
                latents = _denoise_in_batches(job, one, denoising, batch, progress, frame)
                with job.record.stage("decoding", announced=one is passes[-1]):
                    pictures = _decode(job, latents)
        return _finish(job, passes, cast(TaskInputs, inputs), pictures)

    def _conditioning(self, job: _Job) -> dict[str, torch.Tensor]:
        content = content_with_loras(job.model.content, job.loras)
        return self._encoder.conditioning(replace(job.model, content=content), job.request, job.record)

    def _encode(
        self, job: _Job, one: Pass, inputs: TaskInputs, conditioning: dict[str, torch.Tensor], earlier: list[Rgb]
    ) -> DenoisingInputs:
        """``earlier``: the pictures of the pass before, none in the first."""
        request, record = job.request, job.record
        record.observer.check_cancelled()
        images = [image_for_second_pass(picture, inputs, one.size) for picture in earlier]
        if not images and inputs.image is not None:
            images = [inputs.image]
        return DenoisingInputs(
            size=one.size,
            conditioning=conditioning,
            steps=request.steps,
            strength=one.strength,
            guidance_scale=request.guidance_scale,
            guidances=self._guidances(job) if one.guided else (),
            originals=torch.cat([self._encoder.image(job.model, image, record) for image in images])
            if images
            else None,
            change=inputs.change,
        )

    def _guidances(self, job: _Job) -> tuple[Guidance, ...]:
        return tuple(
            Guidance(
                network=network,
                map=self._encoder.control_map(control, job.blobs, job.size, job.record),
                weight=control.weight,
                start=control.start,
                end=control.end,
            )
            for network, control in zip(job.networks, job.request.controls, strict=True)
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


def _steps_of(job: _Job, one: Pass) -> int:
    starts_from_noise = job.request.task not in STARTING_FROM_CANVAS and not one.is_tiled
    return job.request.steps if starts_from_noise else steps_to_run(job.request.steps, one.strength)


def _denoise_in_batches(
    job: _Job, one: Pass, inputs: DenoisingInputs, batch: int, progress: Progress, preview: PreviewFrame
) -> list[torch.Tensor]:
    """Latents of each picture, (1, channels, latent height, latent width). ``progress``: before the pass."""
    parts = job.model.parts
    tile = one.tile.height // parts.vae_factor, one.tile.width // parts.vae_factor
    made: list[torch.Tensor] = []
    with (
        job.record.stage("denoising", announced=progress.first == 0),
        tiled_unet(parts.unet, *tile, job.record.observer.check_cancelled) if one.is_tiled else nullcontext(),
    ):
        for start in range(0, len(job.seeds), batch):
            latents = denoise(
                inputs.of_pictures(start, start + batch),
                job.seeds[start : start + batch],
                architecture=job.model.architecture,
                parts=parts,
                scheduler=job.new_scheduler(),
                observer=job.record.observer,
                progress=progress,
                preview=preview,
            )
            made += latents.split(1)
            progress = replace(progress, first=progress.first + inputs.steps_to_run)
    return made


def _decode(job: _Job, latents: list[torch.Tensor]) -> list[Rgb]:
    pictures: list[Rgb] = []
    for one in latents:
        job.record.observer.check_cancelled()
        pictures.append(decode_latents(job.model.parts, one))
    return pictures


def _finish(job: _Job, passes: tuple[Pass, ...], inputs: TaskInputs, pictures: list[Rgb]) -> tuple[MadePatch, ...]:
    for note in inputs.notes:
        job.record.note(note)
    last = passes[-1]
    if last.is_tiled:
        job.record.note(
            f"Detail was painted at {last.size.width} x {last.size.height} pixels, "
            f"in tiles of {last.tile.width} x {last.tile.height}."
        )
    with job.record.stage("compositing"):
        return tuple(inputs.finish(rgb, seed) for rgb, seed in zip(pictures, job.seeds, strict=True))


def _run_size(request: GenerationRequest, sizes: TrainedSizes) -> RunSize:
    """Raises ``VelaturaError`` ``invalid_value`` for a size that the model was not trained for."""
    if request.run_width == 0 and request.run_height == 0:
        return RunSize(*choose_run_size(request.region.width, request.region.height, sizes))
    check_run_size(request, sizes)
    return RunSize(request.run_width, request.run_height)
