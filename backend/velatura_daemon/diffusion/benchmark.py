"""Our whole request against bare diffusers: same weights, sampler, steps, size, prompts and seeds, in turns.

``python -m velatura_daemon.diffusion.benchmark --json`` prints one JSON object. Each round has a new prompt, so that
our caches win nothing; which of the two goes first changes from round to round.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.engine_contract import Engine, EngineSettings
from velatura_daemon.models.library import ModelLibrary
from velatura_protocol.images import Rect
from velatura_protocol.request import GenerationRequest

from .engine import create_engine

Picture = NDArray[np.uint8]
Way = Callable[[str, int], Picture]

DEFAULT_ROUNDS = 9
DEFAULT_STEPS = 20
_GUIDANCE_SCALE = 5.0


class SilentObserver:
    """Nobody looks and nobody cancels."""

    def stage(self, name: str, step: int = 0, of: int = 0) -> None: ...

    def wants_preview(self) -> bool:
        return False

    def preview(self, picture: NDArray[np.uint8], step: int, of: int) -> None: ...

    def check_cancelled(self) -> None: ...


@dataclass(frozen=True)
class Settings:
    """What both are asked for. ``width``, ``height``: pixels."""

    model: str
    width: int
    height: int
    steps: int


def measure(
    *,
    model: str = "pochade",
    device: str = "auto",
    steps: int = DEFAULT_STEPS,
    rounds: int = DEFAULT_ROUNDS,
    threads: int = 0,
) -> dict[str, Any]:
    """Text to image at the model's native size.

    Returns:
        ``bare_s`` and ``ours_s``: medians in seconds; ``overhead``: median over the rounds of ours / bare - 1;
        ``processor_overhead``: the same of this process' own processor time, which says more on a busy computer (and
        nothing about a GPU); ``largest_difference``: between the two pictures, of 255, over all rounds; and what was
        run on what.
    """
    engine = create_engine(EngineSettings(device=device, threads=threads))
    library = ModelLibrary(())
    sizes = library.sizes(model)
    settings = Settings(model, sizes.native_width, sizes.native_height, steps)
    pipeline = _bare_pipeline(str(library.folder(model)), engine.describe())
    ways: dict[str, Way] = {
        "ours": lambda prompt, seed: _ours(engine, settings, prompt, seed),
        "bare": lambda prompt, seed: _bare(pipeline, settings, prompt, seed),
    }
    for way in ways.values():
        way("warming up", 0)
    times: dict[str, list[float]] = {name: [] for name in ways}
    processor_times: dict[str, list[float]] = {name: [] for name in ways}
    largest_difference = 0
    for number in range(rounds):
        pictures: list[Picture] = []
        for name in sorted(ways, reverse=number % 2 == 1):
            begin, processor_begin = time.perf_counter(), time.process_time()
            pictures.append(ways[name](f"a red apple number {number} on a yellow background", number))
            times[name].append(time.perf_counter() - begin)
            processor_times[name].append(time.process_time() - processor_begin)
        difference = np.abs(pictures[0].astype(int) - pictures[1])
        largest_difference = max(largest_difference, int(difference.max()))
    return {
        "benchmark": "pipeline",
        **engine.describe(),
        **asdict(settings),
        "rounds": rounds,
        "bare_s": statistics.median(times["bare"]),
        "ours_s": statistics.median(times["ours"]),
        "overhead": _overhead(times),
        "processor_overhead": _overhead(processor_times),
        "largest_difference": largest_difference,
    }


def _overhead(times: dict[str, list[float]]) -> float:
    ratios = [ours / bare for ours, bare in zip(times["ours"], times["bare"], strict=True)]
    return statistics.median(ratios) - 1


def _ours(engine: Engine, settings: Settings, prompt: str, seed: int) -> Picture:
    request = GenerationRequest(
        task="txt2img",
        model=settings.model,
        canvas_width=settings.width,
        canvas_height=settings.height,
        region=Rect(0, 0, settings.width, settings.height),
        prompt=prompt,
        steps=settings.steps,
        guidance_scale=_GUIDANCE_SCALE,
        seed=seed,
    )
    return engine.run(request, [], SilentObserver()).patches[0].rgba[..., :3]


def _bare(pipeline: Any, settings: Settings, prompt: str, seed: int) -> Picture:
    import torch

    result = pipeline(
        prompt,
        width=settings.width,
        height=settings.height,
        num_inference_steps=settings.steps,
        guidance_scale=_GUIDANCE_SCALE,
        generator=torch.Generator("cpu").manual_seed(seed),
        output_type="np",
    )
    return (result.images[0] * 255).round().astype(np.uint8)


def _bare_pipeline(folder: str, description: dict[str, str]) -> Any:
    """As anybody would write it who has diffusers alone."""
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

    dtype = getattr(torch, description["dtype"])
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipeline = pipeline.to(description["device"])
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--model", default="pochade")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS)
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS)
    parser.add_argument("--threads", type=int, default=0)
    arguments = vars(parser.parse_args())
    as_json = arguments.pop("json")
    figures = measure(**arguments)
    if as_json:
        json.dump(figures, sys.stdout)
        return
    sys.stdout.write(
        f"{figures['model']} {figures['width']} x {figures['height']}, {figures['steps']} steps: "
        f"bare diffusers {figures['bare_s']:.3f} s, our request {figures['ours_s']:.3f} s, "
        f"overhead {figures['overhead']:+.1%}\n"
    )


if __name__ == "__main__":
    main()
