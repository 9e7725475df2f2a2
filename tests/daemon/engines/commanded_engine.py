"""A tiny engine that does what its prompt says, so that the daemon is tested without a model.

A prompt is JSON: ``{"at": stage, "do": deed, ...}``. At the named stage the engine does the deed, then goes on and
returns the canvas (or a grey picture when there is none).
"""

import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from velatura_daemon.engine_contract import Engine, EngineResult, EngineSettings, MadePatch, Observer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import STAGES, Report
from velatura_protocol.request import GenerationRequest

#: Seconds between two looks at a gate; short, because many tests wait at one.
LOOK_EVERY_S = 0.005


class CommandedEngine:
    def describe(self) -> dict[str, str]:
        return {"engine": "commanded"}

    def run(self, request: GenerationRequest, blobs: Sequence[memoryview], observer: Observer) -> EngineResult:
        command: dict[str, Any] = json.loads(request.prompt)
        for stage in STAGES:
            observer.stage(stage, 0, 1)
            if stage == command.get("at", "denoising"):
                DEEDS[command.get("do", "nothing")](command, observer)
            observer.check_cancelled()
        if request.canvas is None:
            rgba = np.full((request.region.height, request.region.width, 4), 128, np.uint8)
        else:
            rgba = np.frombuffer(blobs[request.canvas.blob], np.uint8).reshape(request.canvas.height, -1, 4)
        patch = MadePatch(rgba, request.region.x, request.region.y, request.seed)
        return EngineResult((patch,), Report(model=request.model, device="none"))


def nothing(_command: dict[str, Any], _observer: Observer) -> None:
    pass


def wait(command: dict[str, Any], observer: Observer) -> None:
    """Until the file ``gate`` is there; hears cancel."""
    while not Path(command["gate"]).exists():
        observer.check_cancelled()
        time.sleep(LOOK_EVERY_S)


def deaf(command: dict[str, Any], _observer: Observer) -> None:
    """Until the file ``gate`` is there; a phase that cannot be interrupted."""
    while not Path(command["gate"]).exists():
        time.sleep(LOOK_EVERY_S)


def die(command: dict[str, Any], _observer: Observer) -> None:
    """As if by a crash; only once if there is a ``marker``."""
    marker = Path(command["marker"]) if "marker" in command else None
    if marker is None or not marker.exists():
        if marker is not None:
            marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def refuse(_command: dict[str, Any], _observer: Observer) -> None:
    raise VelaturaError("out_of_memory", "The graphics memory is full. Use a smaller size.", retry=True)


def stumble(_command: dict[str, Any], _observer: Observer) -> None:
    raise RuntimeError("the secret reason")


def step(command: dict[str, Any], observer: Observer) -> None:
    """``of`` steps, each with a preview if one is wanted.

    Before the last it waits for the file ``gate`` if given, and with ``wanted`` until somebody wants a preview.
    """
    for number in range(1, command["of"] + 1):
        observer.check_cancelled()
        if "gate" in command and number == command["of"]:
            wait(command, observer)
            while command.get("wanted") and not observer.wants_preview():
                observer.check_cancelled()
                time.sleep(LOOK_EVERY_S)
        observer.stage("denoising", number, command["of"])
        if observer.wants_preview():
            observer.preview(np.full((4, 6, 4), number, np.uint8), number, command["of"])


DEEDS = {deed.__name__: deed for deed in (nothing, wait, deaf, die, refuse, stumble, step)}


def create(_settings: EngineSettings) -> Engine:
    return CommandedEngine()


def create_slowly(_settings: EngineSettings) -> Engine:
    """Stands for an import that takes long: waits for the file named by TEST_ENGINE_GATE."""
    gate = Path(os.environ["TEST_ENGINE_GATE"])
    while not gate.exists():
        time.sleep(LOOK_EVERY_S)
    return CommandedEngine()


def create_if_mended(_settings: EngineSettings) -> Engine:
    """Stands for a broken library, mended once the file named by TEST_ENGINE_GATE is there."""
    if not Path(os.environ["TEST_ENGINE_GATE"]).exists():
        raise ImportError("libsomething.so is missing")
    return CommandedEngine()
