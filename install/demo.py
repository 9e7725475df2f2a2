"""``python3 install demo``: the main job on a real painting, through the daemon, and one sheet to look at.

The daemon runs in a state folder of its own beneath demo-output/, so the person's own daemon and queue are untouched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from install import painting
from install.console import Console, seconds
from install.environment import Environment
from install.pip import clean_environment
from install.platforms import venv_program
from install.problems import InstallError

OUTPUT_NAME = "demo-output"
STATE_NAME = "state"
SHEET_NAME = "contact-sheet.png"
PAINTING_NAME = "examples/harbour.ora"
MASK_NAME = "examples/selection.png"
SKETCH_NAME = "examples/sketch.png"
LAYER = "Boat"
#: How long the daemon's processes may take to be gone after it was told to stop.
END_WITHIN_S = 20.0


@dataclass(frozen=True)
class Shown:
    """A picture for the sheet. ``crop``: x, y, width, height of the part to show; None: all of it."""

    file: Path
    label: str
    crop: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Step:
    """One call of ``velatura generate``. ``name``: stem of its files. ``told``: the settings, for the sheet.

    ``canvas``: the painting it works on. ``before``: what the sheet shows beside the result. ``layer_label``: shows
    the new layer as well, under this label; ``layer_crop``: which part of it, in pixels of the canvas.
    """

    name: str
    title: str
    prompt: str
    options: tuple[str, ...]
    told: str
    canvas: Path | None = None
    before: tuple[Shown, ...] = ()
    layer_label: str = ""
    layer_crop: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Done:
    """What a step made. ``report``: the command line's JSON. ``duration_s``: on the clock, files included."""

    step: Step
    report: dict[str, Any]
    duration_s: float
    picture: Path
    layer: painting.Layer
    layer_picture: Path


def run(environment: Environment, console: Console) -> int:
    """Paint, compose the sheet, and leave no process behind. Raises InstallError."""
    output = environment.repository / OUTPUT_NAME
    if output.exists():
        shutil.rmtree(output)
    (output / STATE_NAME).mkdir(parents=True)
    console.heading("Painting with the model in the package")
    program = Program(environment, output / STATE_NAME)
    with console.step("Starting the daemon"):
        program.call("daemon", "start", "--json")
    try:
        done = [_paint(step, program, output, console) for step in steps(environment.repository, output)]
    except BaseException:
        program.stop()
        raise
    with console.step("Stopping the daemon"):
        program.stop()
    _compose(done, environment, output)
    shutil.rmtree(output / STATE_NAME)
    console.say()
    console.heading("What ran")
    widest = max(len(one.step.title) for one in done)
    for one in done:
        stages = ", ".join(f"{stage} {seconds(duration_s)}" for stage, duration_s in one.report["timings"].items())
        console.say(f"    {one.step.title:<{widest}} {seconds(one.duration_s):>8}   ({stages})")
    console.say(f"The pictures are in {output}, and all of them on one sheet: {output / SHEET_NAME}")
    console.say("Krita and GIMP open the .ora files with all their layers. Next: python3 install krita")
    return 0


def steps(repository: Path, output: Path) -> list[Step]:
    """The demo's script. Words, sizes and seeds are such that the small model in the package knows them."""
    canvas, mask, sketch = repository / PAINTING_NAME, repository / MASK_NAME, repository / SKETCH_NAME
    whole = Shown(painting.extract(canvas, painting.WHOLE_PICTURE, output / "painting.png"), "the painting")
    layer = next(layer for layer in painting.layers(canvas) if layer.name == LAYER)
    layer_before = painting.extract(canvas, layer.source, output / "painting-layer.png")
    return [
        Step("1-text", "Text to image", "a red apple on a yellow background", ("--seed", "7"), "from words alone"),
        Step(
            "2-edges",
            "ControlNet: the edges of a drawing",
            "a house on a green meadow",
            ("--control", f"edges={sketch}", "--seed", "7"),
            "control: the edges of the drawing, weight 1",
            before=(Shown(sketch, "the drawing"),),
        ),
        Step(
            "3-layer",
            "Image to image, on one layer",
            "a red sailboat on a blue background",
            ("--canvas", str(canvas), "--layer", LAYER, "--strength", "0.6", "--seed", "7"),
            f"layer '{LAYER}', strength 0.6",
            canvas=canvas,
            before=(whole, Shown(layer_before, f"its layer '{LAYER}'")),
            layer_label="the new layer",
            layer_crop=(layer.x, layer.y, *painting.size(canvas, layer)),
        ),
        Step(
            "4-selection",
            "A selection with soft edges, repainted",
            "a mushroom on a green meadow",
            ("--canvas", str(canvas), "--mask", str(mask), "--seed", "7"),
            "outside the selection no pixel changes",
            canvas=canvas,
            before=(whole, Shown(mask, "the selection: white is repainted")),
            layer_label="the new layer",
        ),
    ]


class Program:
    """The environment's ``velatura`` command, with the demo's own daemon behind it."""

    def __init__(self, environment: Environment, state: Path) -> None:
        self._environment = environment
        self._state = state
        self._variables = {**clean_environment(os.environ), "VELATURA_STATE": str(state)}

    def call(self, *arguments: str) -> dict[str, Any]:
        """Run it and read its JSON. What it says for the eye goes to the terminal. Raises InstallError."""
        program = venv_program(self._environment.host, self._environment.folder, "velatura")
        answer = subprocess.run(
            [str(program), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=self._variables,
            check=False,
        )
        if answer.returncode != 0:
            raise InstallError(
                f"'velatura {arguments[0]}' failed; the reason is above, and the logs are in {self._state}."
            )
        return json.loads(answer.stdout)

    def stop(self) -> None:
        """Stop the daemon and see that all its processes are gone. Raises InstallError when one stayed."""
        try:
            self.call("daemon", "stop", "--json")
            deadline = time.monotonic() + END_WITHIN_S
            while self._leftovers() and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            ended = self._leftovers("--end")
        if ended:
            raise InstallError(
                f"The daemon left processes behind, which were ended now:\n{ended}\nIts logs are in {self._state}."
            )

    def _leftovers(self, *options: str) -> str:
        script = self._environment.repository / "install" / "leftovers.py"
        command = [str(self._environment.python), str(script), str(self._state), *options]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _paint(step: Step, program: Program, output: Path, console: Console) -> Done:
    """Run one step and take its pictures out of the layered file."""
    file = output / f"{step.name}.ora"
    started = time.monotonic()
    with console.step(f"{step.title}: {step.prompt}"):
        report = program.call("generate", "--prompt", step.prompt, *step.options, "--out", str(file), "--json")
    duration_s = time.monotonic() - started
    if step.canvas is not None:
        if not painting.untouched(step.canvas, file):
            raise InstallError(
                f"The painting's own layers were changed in {file}. That is a fault in Velatura; please report it."
            )
        console.detail(f"the painting's {len(painting.layers(step.canvas))} layers are untouched, byte for byte")
    new = painting.new_layer(file)
    console.detail(f"new layer '{new.name}' at {new.x}, {new.y}; seed {report['seed']}")
    return Done(
        step,
        report,
        duration_s,
        painting.extract(file, painting.WHOLE_PICTURE, output / f"{step.name}.png"),
        new,
        painting.extract(file, new.source, output / f"{step.name}-layer.png"),
    )


def _compose(done: list[Done], environment: Environment, output: Path) -> None:
    """Put everything on one sheet, with the environment's Pillow."""
    first = done[0].report
    description = {
        "title": "Velatura: what the demo painted",
        "subtitle": (
            f"Model {first['model']}, which is in the package, run on {first['device']}. Every picture came from the "
            "daemon over ZeroMQ, as it would for Krita. It is a small model that knows a few objects at 128 pixels."
        ),
        "panels": [_panel(one) for one in done],
    }
    file = output / "contact-sheet.json"
    file.write_text(json.dumps(description, indent=1), encoding="utf-8")
    script = environment.repository / "install" / "contact_sheet.py"
    subprocess.run([str(environment.python), str(script), str(file), str(output / SHEET_NAME)], check=True)
    file.unlink()


def _panel(one: Done) -> dict[str, Any]:
    report, step = one.report, one.step
    width, height = report["size_run"]
    layer = [_new_layer(one)] if step.layer_label else []
    pictures = [*step.before, *layer, Shown(one.picture, "the result")]
    return {
        "title": step.title,
        "lines": [
            step.prompt,
            f"{step.told}; {report['sampler']}, seed {report['seed']}, run at {width} x {height}",
            f"{seconds(one.duration_s)} in all, {seconds(sum(report['timings'].values()))} of it in the worker",
        ],
        "pictures": [{"file": str(each.file), "label": each.label, "crop": each.crop} for each in pictures],
    }


def _new_layer(one: Done) -> Shown:
    """The layer that the step added, cropped where its step says so."""
    crop = one.step.layer_crop
    if crop is not None:
        crop = (crop[0] - one.layer.x, crop[1] - one.layer.y, crop[2], crop[3])
    return Shown(one.layer_picture, one.step.layer_label, crop)
