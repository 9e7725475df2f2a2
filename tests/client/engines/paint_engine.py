"""An engine for tests of the client: paints the region in one colour, in steps, without any model.

What it does is said in the prompt: ``slow`` goes on for a minute unless it is cancelled, ``pause`` takes a moment at
each step, ``gate:FILE`` goes on until there is such a file, ``crash`` ends the worker process.
"""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from velatura_daemon.engine_contract import EngineResult, EngineSettings, MadePatch, Observer
from velatura_protocol.messages import Report
from velatura_protocol.request import GenerationRequest

COLOUR = (200, 40, 60, 255)
SLOW_STEPS = 3000


class PaintEngine:
    def describe(self) -> dict[str, str]:
        return {"engine": "paint"}

    def run(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        observer.stage("loading")
        if "crash" in request.prompt:
            os._exit(3)
        steps = SLOW_STEPS if "slow" in request.prompt else request.steps
        for step in range(steps):
            observer.check_cancelled()
            observer.stage("denoising", step + 1, steps)
            if observer.wants_preview():
                observer.preview(np.full((8, 8, 3), 128, np.uint8), step + 1, steps)
            if "slow" in request.prompt or "pause" in request.prompt:
                time.sleep(0.02)
        gate = re.search(r"gate:(\S+)", request.prompt)
        while gate is not None and not Path(gate[1]).exists():
            observer.check_cancelled()
            observer.stage("compositing")
            time.sleep(0.02)
        shape = (request.region.height, request.region.width)
        rgba = np.empty((*shape, 4), np.uint8)
        rgba[:] = COLOUR
        if request.mask is not None:
            rgba[..., 3] = np.frombuffer(blobs[request.mask.blob], np.uint8).reshape(shape)
        patches = tuple(
            MadePatch(rgba=rgba, x=request.region.x, y=request.region.y, seed=request.seed + index)
            for index in range(request.count)
        )
        report = Report(model=request.model, device="test", run_width=request.run_width, run_height=request.run_height)
        return EngineResult(patches, report)


def create_engine(settings: EngineSettings) -> PaintEngine:
    return PaintEngine()
