"""Requests are checked before they are queued: each fault is refused with its code, naming the field."""

from dataclasses import replace

import pytest

from velatura_daemon.planning.check import LARGEST_PROMPT, LARGEST_SEED, check_plan, check_request, check_run_size
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.catalogue import (
    ControlDescription,
    LoraDescription,
    ModelDescription,
    OptionDescription,
    SamplerDescription,
    TaskDescription,
)
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Catalogue, Plan
from velatura_protocol.request import ControlRequest, GenerationRequest, InpaintSettings, LoraRequest

TASKS = ("txt2img", "img2img", "inpaint")
CATALOGUE = Catalogue(
    models=(
        ModelDescription("pochade", "Pochade", "sd", tasks=TASKS, multiple=8),
        ModelDescription("broken", "Broken", "sd", tasks=TASKS, problem="vae is missing. Download it again."),
        ModelDescription("painter", "Painter", "sd", tasks=("txt2img",)),
    ),
    tasks=(
        TaskDescription("txt2img", "Text to image", needs=("prompt",)),
        TaskDescription("img2img", "Image to image", needs=("canvas",)),
        TaskDescription("inpaint", "Inpaint", needs=("canvas", "mask")),
        TaskDescription("copy", "Copy", needs=("canvas",), diagnostic=True, uses_model=False),
    ),
    options=(
        OptionDescription("strength", "number", "Strength", "", 1.0, 0.02, 1.0, "fraction"),
        OptionDescription("steps", "integer", "Steps", "", 20, 1, 150, "steps"),
        OptionDescription("count", "integer", "Count", "", 1, 1, 16),
        OptionDescription("run_width", "integer", "Width", "", 0, 64, 4096, "px"),
        OptionDescription("inpaint.grow", "integer", "Grow", "", 0, 0, 512, "px"),
        OptionDescription("inpaint.fill", "choice", "Fill", "", "original", choices=("original", "blur")),
        OptionDescription("controls.weight", "number", "Weight", "", 1.0, 0.0, 2.0),
        OptionDescription("a.field.of.another.version", "number", "", "", 0, 0, 0),
    ),
    controls=(ControlDescription("edges", "Edges", "", models=("pochade",)),),
    samplers=(SamplerDescription("ddim", "DDIM"), SamplerDescription("euler", "Euler")),
    loras=(LoraDescription("ink", models=("pochade",)),),
)
CANVAS = ImageRef(0, 64, 48)
MASK = ImageRef(1, 64, 48, channels="Y", colour_space="none", meaning="mask")
GOOD = GenerationRequest(
    task="inpaint",
    model="pochade",
    canvas_width=200,
    canvas_height=100,
    region=Rect(10, 20, 64, 48),
    prompt="a red house",
    canvas=CANVAS,
    mask=MASK,
)


def refused(**changes) -> VelaturaError:
    with pytest.raises(VelaturaError) as raised:
        check_request(replace(GOOD, **changes), CATALOGUE)
    return raised.value


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prompt": "🎨🦊 a fox, 水彩画，雪山"},
        {"prompt": ""},
        {"sampler": "euler", "strength": 0.02, "steps": 150},
        {"seed": LARGEST_SEED},
        {"run_width": 512, "run_height": 768},
        {"loras": (LoraRequest("ink", 0.5),)},
        {"controls": (ControlRequest("edges", CANVAS, weight=2.0),)},
        {"task": "txt2img", "canvas": None, "mask": None, "region": Rect(0, 0, 200, 100)},
        {"document": Rect(10, 20, 190, 80)},
        {"task": "copy", "model": "", "mask": None},
    ],
)
def test_what_can_run_is_accepted(changes):
    """Ordinary requests of every task pass, with any script in the prompt, up to the ends of the ranges."""
    assert check_request(replace(GOOD, **changes), CATALOGUE) is None


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"strength": 0.0}, "strength", "0.02 to 1 fraction"),
        ({"strength": 1.5}, "strength", "0.02 to 1 fraction"),
        ({"strength": float("nan")}, "strength", "0.02 to 1 fraction"),
        ({"steps": 0}, "steps", "1 to 150 steps"),
        ({"count": 17}, "count", "1 to 16"),
        ({"inpaint": InpaintSettings(grow=-1)}, "inpaint.grow", "0 to 512 px"),
        ({"inpaint": InpaintSettings(fill="magic")}, "inpaint.fill", "original, blur"),
        ({"controls": (ControlRequest("edges", CANVAS, weight=2.5),)}, "controls.weight", "0 to 2"),
        ({"controls": (ControlRequest("edges", CANVAS, start=0.5, end=0.5),)}, "controls.start", "less than"),
        ({"seed": -1}, "seed", "0 to 9223372036854775807"),
        ({"seed": LARGEST_SEED, "count": 2}, "seed", "0 to 9223372036854775807"),
        ({"run_width": 4104, "run_height": 64}, "run_width", "64 to 4096"),
        ({"run_width": 510, "run_height": 512}, "run_width", "divisible by 8"),
        ({"run_width": 512}, "run_height", "divisible by 8"),
        ({"canvas": None}, "canvas", "needs it"),
        ({"mask": None}, "mask", "needs it"),
        ({"mask": replace(MASK, channels="RGBA")}, "mask", "single channel"),
        ({"task": "txt2img", "prompt": "  "}, "prompt", "Say what"),
        ({"region": Rect(-1, 20, 64, 48)}, "region", "part of the canvas"),
        ({"region": Rect(10, 20, 64, 480)}, "region", "part of the canvas"),
        ({"region": Rect(10, 20, 0, 48)}, "region", "part of the canvas"),
        ({"document": Rect(10, 20, 200, 80)}, "document", "part of the canvas"),
        ({"document": Rect(10, 20, 0, 80)}, "document", "part of the canvas"),
    ],
)
def test_a_value_out_of_range_names_field_and_range(changes, field, allowed):
    """The sentence names the field and what is allowed, taken from the catalogue's own ranges."""
    error = refused(**changes)
    assert "invalid_value" == error.info.code
    assert field in error.info.message
    assert allowed in error.info.message


@pytest.mark.parametrize(
    ("changes", "code", "hint"),
    [
        ({"task": "outpaint"}, "unknown_task", "txt2img, img2img, inpaint"),
        ({"model": "painter"}, "unknown_task", "Choose one of: txt2img"),
        ({"model": "nothing"}, "unknown_model", "pochade"),
        ({"model": "broken"}, "model_incomplete", "vae is missing. Download it again."),
        ({"sampler": "magic"}, "unknown_sampler", "ddim, euler"),
        ({"controls": (ControlRequest("pose", CANVAS),)}, "unknown_control", "edges"),
        ({"loras": (LoraRequest("oil"),)}, "unknown_lora", "ink"),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(changes, code, hint):
    """Who asks for what is not there learns what is."""
    error = refused(**changes)
    assert code == error.info.code
    assert hint in error.info.message


def test_the_name_that_was_sent_is_shown_cut():
    """A name of a megabyte does not come back in the sentence."""
    assert len(refused(model="x" * 1_000_000).info.message) < 200


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
@pytest.mark.parametrize("text", ["a" * 100_000, "画" * 40_000, "🎨" * 3000])
def test_a_prompt_that_is_too_long_is_refused_with_the_limit(field, text):
    """100 kB of prompt: a clear answer instead of minutes of text attention."""
    error = refused(**{field: text})
    assert "prompt_too_long" == error.info.code
    assert str(LARGEST_PROMPT) in error.info.message


@pytest.mark.parametrize(
    "changes",
    [
        {"canvas": replace(CANVAS, width=63)},
        {"mask": replace(MASK, height=49)},
        {"controls": (ControlRequest("edges", replace(CANVAS, width=128)),)},
    ],
)
def test_every_image_must_cover_the_region(changes):
    """Canvas, mask and control images are the pixels of the region, no more and no fewer."""
    error = refused(**changes)
    assert "image_size_mismatch" == error.info.code
    assert "64 x 48" in error.info.message


def test_a_region_beyond_one_message_is_refused():
    """30000 x 30000 pixels do not fit into a blob, however the region was come by."""
    error = refused(
        task="txt2img", canvas=None, mask=None, canvas_width=30000, canvas_height=30000, region=Rect(0, 0, 30000, 30000)
    )
    assert "image_too_large" == error.info.code
    assert "Select a smaller part" in error.info.message


def test_a_run_size_outside_the_trained_sizes_is_refused():
    """With the model's trained sizes at hand, a size that somebody chose is held to them; 0 x 0 is the planner's."""
    sizes = TrainedSizes(512, 512, 256, 768, 512 * 768, 8)
    assert check_run_size(replace(GOOD, run_width=768, run_height=512), sizes) is None
    assert check_run_size(GOOD, sizes) is None
    with pytest.raises(VelaturaError, match="256 to 768 pixels, divisible by 8"):
        check_run_size(replace(GOOD, run_width=768, run_height=768), sizes)


def test_plans_are_checked_by_name_and_range():
    """A plan names its task and model and carries inpaint settings: refused like those of a request."""
    good = Plan("inpaint", "pochade", 100, 100, Rect(0, 0, 5, 5))
    assert check_plan(good, CATALOGUE) is None
    for changes, code in (
        ({"task": "x"}, "unknown_task"),
        ({"model": "x"}, "unknown_model"),
        ({"inpaint": InpaintSettings(grow=513)}, "invalid_value"),
    ):
        with pytest.raises(VelaturaError) as raised:
            check_plan(replace(good, **changes), CATALOGUE)
        assert code == raised.value.info.code
