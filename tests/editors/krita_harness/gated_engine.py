"""An engine for the daemon that works until a file appears, and then paints the mask in one colour.

So a test decides when a result arrives. The worker imports this by name: ``gated_engine:create_engine``.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from velatura_daemon.engine_contract import EngineResult, EngineSettings, MadePatch, Observer
from velatura_protocol.request import GenerationRequest

#: Environment variable with the path of the file that lets results out.
GATE = "GATED_ENGINE_FILE"
COLOUR = (200, 40, 120)
STEPS = 1000


class GatedEngine:
    def describe(self) -> dict[str, str]:
        return {"device": "gate"}

    def run(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        gate = Path(os.environ[GATE])
        for step in range(1, STEPS):
            observer.check_cancelled()
            observer.stage("denoising", step, STEPS)
            if observer.wants_preview():
                observer.preview(np.full((24, 32, 3), (step % 256, 80, 160), np.uint8), step, STEPS)
            if gate.exists():
                break
            time.sleep(0.05)
        region = request.region
        rgba = np.empty((region.height, region.width, 4), np.uint8)
        rgba[..., :3] = COLOUR
        rgba[..., 3] = 255
        if request.mask is not None:
            mask = np.frombuffer(blobs[request.mask.blob], np.uint8)
            rgba[..., 3] = mask.reshape(region.height, region.width)
        seeds = range(request.seed, request.seed + request.count)
        return EngineResult(tuple(MadePatch(rgba, region.x, region.y, seed) for seed in seeds))


def create_engine(_settings: EngineSettings) -> GatedEngine:
    return GatedEngine()
