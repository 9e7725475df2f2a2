"""Runs a request through the engine's own stages, and keeps what happened."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.architectures.parts import ModelParts
from velatura_daemon.controls.control import NoEstimators
from velatura_daemon.engine_contract import Observer
from velatura_daemon.planning.run_size import choose_run_size
from velatura_daemon.planning.sizes import TrainedSizes

from ..content_cache import ContentCache
from ..denoising import DenoisingInputs, Progress, denoise
from ..device import choose_placement
from ..encoding import Encoder
from ..job_record import JobRecord
from ..latents import decode_latents, draw_noise, image_generators
from ..loaded_models import LoadedModel
from ..loading import own_scheduler
from ..preview import PreviewMaker
from ..preview_frame import PreviewFrame
from ..tasks import RunSize, prepare_task
from .attention_maps import recorded_attention
from .order import PreparedOrder
from .recording import RecordedStep, recorded_steps
from .run_trace import NoisedPicture, Rgb, RunTrace, ShownStep, WordAttention
from .words import ReadPrompt, Word, read_prompt

#: Columns on the sheet: as many as can be told apart on one page.
SHOWN_STEPS = 6
NOISED_PICTURES = 7
_CACHE_BYTES = 1 << 28


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What denoising left behind. ``attention``: (tokens, h, w)."""

    parts: ModelParts
    scheduler: Any
    originals: torch.Tensor | None
    steps: list[RecordedStep]
    attention: torch.Tensor
    latents: torch.Tensor


def trace(prepared: PreparedOrder, device: str, observer: Observer) -> RunTrace:
    """One picture at the size that the model runs at; a large canvas is not gone over a second time in detail.

    Raises:
        VelaturaError: ``model_incomplete``, ``internal``, ``invalid_value``.
    """
    request, record = prepared.request, JobRecord(observer)
    sizes = cast(TrainedSizes, prepared.model.sizes)
    size = RunSize(*choose_run_size(request.region.width, request.region.height, sizes))
    with record.stage("loading"):
        model = _load(prepared, device)
    inputs = prepare_task(request, prepared.blobs, size)
    encoder = Encoder(ContentCache(_CACHE_BYTES), {}, NoEstimators())
    with record.stage("encoding"):
        conditioning = encoder.conditioning(model, request, record)
        originals = None if inputs.image is None else encoder.image(model, inputs.image, record)
    denoising = DenoisingInputs(
        size=size,
        conditioning=conditioning,
        steps=request.steps,
        strength=request.strength,
        guidance_scale=request.guidance_scale,
        guidances=(),
        originals=originals,
        change=None,
    )
    run = _denoise(model, denoising, request.seed, record)
    with record.stage("decoding"):
        return _describe(prepared, run, inputs.image)


def _load(prepared: PreparedOrder, device: str) -> LoadedModel:
    found = prepared.model
    architecture = cast(Architecture, found.architecture)
    parts = architecture.load(found.folder, choose_placement(device))
    return LoadedModel(
        id=found.description.id,
        architecture=architecture,
        sizes=cast(TrainedSizes, found.sizes),
        parts=parts,
        preview=PreviewMaker(parts),
        content=b"",
    )


def _denoise(model: LoadedModel, inputs: DenoisingInputs, seed: int, record: JobRecord) -> _Run:
    parts = model.parts
    scheduler = own_scheduler(parts.scheduler_config)
    rows, columns = inputs.size.height // parts.vae_factor, inputs.size.width // parts.vae_factor
    with (
        record.stage("denoising"),
        recorded_attention(parts.unet, rows, columns) as attention,
        recorded_steps(parts.unet, scheduler) as steps,
    ):
        latents = denoise(
            inputs,
            [seed],
            architecture=model.architecture,
            parts=parts,
            scheduler=scheduler,
            observer=record.observer,
            progress=Progress(first=0, of=inputs.steps_to_run),
            preview=PreviewFrame(model.preview, inputs.size, None),
        )
    return _Run(
        parts=parts,
        scheduler=scheduler,
        originals=inputs.originals,
        steps=steps,
        attention=attention.maps(),
        latents=latents,
    )


def _describe(prepared: PreparedOrder, run: _Run, canvas: Rgb | None) -> RunTrace:
    request = prepared.request
    words = read_prompt(run.parts, request.prompt)
    return RunTrace(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        model=prepared.model.description.label,
        seed=request.seed,
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        strength=None if canvas is None else request.strength,
        sampler=str(run.parts.scheduler_config["_class_name"]),
        schedule=tuple(step.timestep for step in run.steps),
        training_steps=len(run.scheduler.alphas_cumprod),
        canvas=canvas,
        picture=decode_latents(run.parts, run.latents),
        read_prompt=words,
        read_negative=read_prompt(run.parts, request.negative_prompt),
        noised=_noised(run, request.seed),
        shown_steps=tuple(
            _shown_step(run.parts, run.steps[index], index + 1) for index in evenly(len(run.steps), SHOWN_STEPS)
        ),
        attention=_word_attention(words, run.attention),
    )


def evenly(length: int, wanted: int) -> list[int]:
    """At most ``wanted`` of the indices 0 .. ``length`` - 1, first and last among them."""
    if wanted >= length:
        return list(range(length))
    return [round(number * (length - 1) / (wanted - 1)) for number in range(wanted)]


def _noised(run: _Run, seed: int) -> tuple[NoisedPicture, ...]:
    """The canvas, or without one the result, from clean to pure noise; the run's own beginning is among them."""
    clean = (run.latents if run.originals is None else run.originals).float()
    noise = draw_noise(image_generators([seed]), (clean.shape[1], clean.shape[2], clean.shape[3])).to(clean.device)
    table = run.scheduler.alphas_cumprod
    start = min(round(run.steps[0].timestep), len(table) - 1)
    levels = evenly(len(table), NOISED_PICTURES)
    levels[min(range(1, len(levels)), key=lambda index: abs(levels[index] - start))] = start
    pictures: list[NoisedPicture] = []
    for level in levels:
        signal = float(table[level]) if level else 1.0
        latents = (signal**0.5 * clean + (1 - signal) ** 0.5 * noise).to(run.latents.dtype)
        pictures.append(
            NoisedPicture(
                rgb=decode_latents(run.parts, latents),
                timestep=level,
                signal=signal,
                is_start=level == start,
                is_skipped=level > start,
            )
        )
    return tuple(pictures)


def _shown_step(parts: ModelParts, step: RecordedStep, number: int) -> ShownStep:
    difference = None
    if step.with_prompt is not None and step.without_prompt is not None:
        change = (step.with_prompt - step.without_prompt).float()
        difference = _array(change[0].pow(2).mean(0).sqrt())
    return ShownStep(
        number=number,
        timestep=step.timestep,
        signal=step.signal,
        latents=_array(step.latents[0]),
        decoded=decode_latents(parts, step.latents),
        noise=_array(step.noise[0]),
        clean=decode_latents(parts, step.clean),
        difference=difference,
    )


def _word_attention(words: ReadPrompt, maps: torch.Tensor) -> tuple[WordAttention, ...]:
    """A word's attention is the sum of its tokens'. ``maps``: (tokens, h, w)."""
    return tuple(_attention_of(word, maps) for word in words.words)


def _attention_of(word: Word, maps: torch.Tensor) -> WordAttention:
    places = maps[list(word.positions)].sum(0)
    share = float(places.mean())
    return WordAttention(word=word, places=_array(places / max(share, 1e-12)), share=share)


def _array(values: torch.Tensor) -> "np.ndarray[Any, np.dtype[np.float32]]":
    return values.detach().float().cpu().numpy()
