"""Teaches the model a thing that it never saw, from a dozen pictures, with the product's own LoRA training."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from velatura_daemon.training.data.captions import caption, full_prompt
from velatura_daemon.training.data.plans import ScenePlan, natural_plan
from velatura_daemon.training.data.recipe import LANGUAGES, Recipe
from velatura_daemon.training.data.scenes import Composer
from velatura_protocol.errors import VelaturaError

from ..figure import STEPS, Bench, Figure, Measurement, NotMeasurableError, Outcome
from ..metrics import top_hits
from ..questions import FIRST_SEED
from ..studio import open_studio

SEED = 108
SHARE = 0.125
#: Pictures that the LoRA is trained on.
RENDERS = 12


def measure(bench: Bench) -> Outcome:
    if not bench.recipe.unseen:
        raise NotMeasurableError("The recipe keeps no thing unseen.")
    key = next(iter(bench.recipe.unseen))
    folder = bench.work / "lora"
    shutil.rmtree(folder, ignore_errors=True)
    write_renders(bench.recipe, bench.composer, key, folder / "data")
    bench.announce(f"LoRA: training on {RENDERS} pictures of {key}")
    started = time.monotonic()
    trained = _train(bench, folder)
    seconds = time.monotonic() - started
    library = folder / "library"
    (library / "loras").mkdir(parents=True)
    shutil.copy(trained, library / "loras" / "unseen.safetensors")
    studio = open_studio(str(bench.studio.folder), bench.work, (library,))
    plans = _plans(bench.recipe, key, bench.share(SHARE), first=RENDERS)
    pictures = {"unseen": [], "": []}
    for number, plan in enumerate(plans, 1):
        bench.announce(f"LoRA: {number} of {len(plans)}")
        prompt = full_prompt(plan, bench.recipe, "en")
        for lora, made in pictures.items():
            made.append(studio.paint(prompt, FIRST_SEED + number, steps=STEPS, lora=lora))
    wanted = [bench.classifier.labels.things.index(key)] * len(plans)
    taught, untaught = (
        float(top_hits(bench.classifier.judge(made).ranked_things(), wanted, 1).mean()) for made in pictures.values()
    )
    row = Measurement(
        id="lora_top1",
        label=f"LoRA from {RENDERS} pictures of an unseen object ({key}), top-1",
        value=taught,
        count=len(plans),
        control=untaught,
        control_label="without it",
        note=f"trained in {seconds / 60:.1f} minutes",
    )
    return Outcome(measurements=(row,), details={"training_seconds": round(seconds, 1)})


def write_renders(recipe: Recipe, composer: Composer, key: str, folder: Path) -> None:
    """A data folder as ``velatura train lora --data`` reads it, captions in both languages."""
    draw = random.Random(SEED)
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for index, plan in enumerate(_plans(recipe, key, RENDERS, first=0)):
        name = f"pictures/{index:06}.png"
        Image.fromarray(composer.compose(plan, draw).rgb).save(folder / name)
        texts = [caption(plan, recipe, language, draw) for language in LANGUAGES]
        lines.append(json.dumps({"file_name": name, "text": texts}, ensure_ascii=False))
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plans(recipe: Recipe, key: str, count: int, *, first: int) -> list[ScenePlan]:
    """The thing on one background after the other, those of the recipe in turn, from number ``first`` on."""
    backgrounds = [*recipe.backgrounds, *recipe.scenes]
    thing = natural_plan(recipe, key, next(iter(recipe.styles)))
    return [
        ScenePlan(things=(thing,), background=backgrounds[index % len(backgrounds)])
        for index in range(first, first + count)
    ]


def _train(bench: Bench, folder: Path) -> Path:
    """The LoRA's file. What the training says goes to standard error."""
    command = [sys.executable, "-m", "velatura_daemon.training", "lora"]
    command += ["--data", str(folder / "data"), "--out", str(folder / "trained"), "--base", str(bench.studio.folder)]
    code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    made = sorted((folder / "trained").glob("*.safetensors"))
    if code or not made:
        raise VelaturaError("internal", f"The training of the LoRA ended with exit code {code}; what it said is above.")
    return made[0]


FIGURE = Figure(id="lora", order=80, measure=measure)
