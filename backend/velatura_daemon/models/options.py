"""The options of a request and the tasks that have them. Ranges stand here and nowhere else."""

from velatura_daemon.worker_protocol import CONTROL_MAP, COPY
from velatura_protocol.catalogue import OptionDescription, SamplerDescription, TaskDescription
from velatura_protocol.request import ControlRequest, GenerationRequest, InpaintSettings, LoraRequest

#: Most pictures of one job: results are kept in memory until all of them are done.
LARGEST_COUNT = 16
#: Longest schedule. Pictures stop changing visibly at about 50 steps with every sampler that is here.
LARGEST_STEPS = 150

_DEFAULTS = {field.name: field.default for field in GenerationRequest.__dataclass_fields__.values()}
_INPAINT = InpaintSettings()


def all_options(samplers: tuple[SamplerDescription, ...]) -> tuple[OptionDescription, ...]:
    """Every option; ``samplers`` are those that were found."""
    return (*_prompt_options(), *_denoising_options(samplers), *_inpaint_options(), *_list_options())


def all_tasks() -> tuple[TaskDescription, ...]:
    """The tasks in the order in which a painter meets them."""
    common = ("prompt", "negative_prompt", "steps", "guidance_scale", "sampler", "seed", "count")
    from_canvas = (*common, "strength")
    guided = ("controls.weight", "controls.start", "controls.end", "loras.weight")
    inpaint = tuple(option.name for option in _inpaint_options())
    control_map = TaskDescription(
        id=CONTROL_MAP, label="Make a control map from the picture", needs=("control",), uses_model=False
    )
    copy = TaskDescription(
        id=COPY, label="Copy the canvas (diagnostic)", needs=("canvas",), diagnostic=True, uses_model=False
    )
    return (
        TaskDescription(id="txt2img", label="Paint from words", needs=("prompt",), options=(*common, *guided)),
        TaskDescription(id="img2img", label="Repaint the layer", needs=("canvas",), options=(*from_canvas, *guided)),
        TaskDescription(
            id="inpaint",
            label="Repaint the selection",
            needs=("canvas", "mask"),
            options=(*from_canvas, *inpaint, *guided),
        ),
        control_map,
        copy,
    )


def tasks_of_every_model() -> tuple[str, ...]:
    """Ids of the tasks that use no model, and so can be done with any."""
    return tuple(task.id for task in all_tasks() if not task.uses_model)


def _prompt_options() -> tuple[OptionDescription, ...]:
    return (
        OptionDescription(
            name="prompt",
            type="text",
            label="Prompt",
            help="What the picture shall show; (word:1.3) makes a word count more, (word:0.7) less.",
            default="",
        ),
        OptionDescription(
            name="negative_prompt",
            type="text",
            label="Negative prompt",
            help="What the picture shall not show.",
            default="",
        ),
    )


def _denoising_options(samplers: tuple[SamplerDescription, ...]) -> tuple[OptionDescription, ...]:
    return (
        OptionDescription(
            name="strength",
            type="number",
            label="Strength",
            help="How much of what is there gives way: 0.3 refines it, 0.7 keeps the composition, 1 starts afresh.",
            default=_DEFAULTS["strength"],
            minimum=0.01,
            maximum=1,
            unit="fraction",
            step=0.05,
        ),
        OptionDescription(
            name="steps",
            type="integer",
            label="Steps",
            help="More steps take longer and give more detail, up to about 30.",
            default=_DEFAULTS["steps"],
            minimum=1,
            maximum=LARGEST_STEPS,
            unit="steps",
            step=1,
            advanced=True,
        ),
        OptionDescription(
            name="guidance_scale",
            type="number",
            label="Guidance",
            help="How closely to follow the prompt; 1 switches the negative prompt off and is twice as fast.",
            default=_DEFAULTS["guidance_scale"],
            minimum=1,
            maximum=30,
            step=0.5,
            advanced=True,
        ),
        OptionDescription(
            name="sampler",
            type="choice",
            label="Sampler",
            help="The method by which noise becomes the picture; the model's own is the one that it was made with.",
            default="",
            choices=("", *(sampler.id for sampler in samplers)),
            choice_labels=("The model's own", *(sampler.label for sampler in samplers)),
            advanced=True,
        ),
        OptionDescription(
            name="seed",
            type="seed",
            label="Seed",
            help="The same seed gives the same picture again.",
            default=_DEFAULTS["seed"],
            minimum=0,
            maximum=float(2**63 - 1),
        ),
        OptionDescription(
            name="count",
            type="integer",
            label="Pictures",
            help="How many variants to make, each with the next seed.",
            default=_DEFAULTS["count"],
            minimum=1,
            maximum=LARGEST_COUNT,
            unit="pictures",
            step=1,
        ),
    )


def _inpaint_options() -> tuple[OptionDescription, ...]:
    return (
        OptionDescription(
            name="inpaint.grow",
            type="integer",
            label="Grow",
            help="Repaint this much beyond the selection, so that strokes at its very edge are repainted too.",
            default=_INPAINT.grow,
            minimum=0,
            maximum=512,
            unit="px",
            step=1,
            advanced=True,
        ),
        OptionDescription(
            name="inpaint.feather",
            type="integer",
            label="Feather",
            help="Width of a soft ramp over the selection's edge, besides the selection's own softness.",
            default=_INPAINT.feather,
            minimum=0,
            maximum=512,
            unit="px",
            step=1,
            advanced=True,
        ),
        OptionDescription(
            name="inpaint.context",
            type="number",
            label="Context",
            help="How much of the surroundings the model sees, as a share of the selection's longer side.",
            default=_INPAINT.context,
            minimum=0,
            maximum=4,
            unit="fraction",
            step=0.1,
        ),
        OptionDescription(
            name="inpaint.fill",
            type="choice",
            label="Start from",
            help="What stands in the selection before the model begins.",
            default=_INPAINT.fill,
            choices=("original", "blur", "neutral", "noise"),
            choice_labels=("What is there", "Blurred surroundings", "Grey", "Noise"),
            advanced=True,
        ),
        OptionDescription(
            name="inpaint.match_colours",
            type="boolean",
            label="Match colours",
            help="Shift the result's colours to those of the surroundings.",
            default=_INPAINT.match_colours,
            advanced=True,
        ),
        OptionDescription(
            name="inpaint.correct_seam",
            type="boolean",
            label="Correct the seam",
            help="Pull the result to the canvas' colours along the edge of the selection.",
            default=_INPAINT.correct_seam,
            advanced=True,
        ),
    )


def _list_options() -> tuple[OptionDescription, ...]:
    """Options that each control and each LoRA of a request has of its own."""
    control = {field.name: field.default for field in ControlRequest.__dataclass_fields__.values()}
    lora = {field.name: field.default for field in LoraRequest.__dataclass_fields__.values()}
    return (
        OptionDescription(
            name="controls.weight",
            type="number",
            label="Control weight",
            help="How strictly the result follows the control layer.",
            default=control["weight"],
            minimum=0,
            maximum=2,
            step=0.05,
        ),
        OptionDescription(
            name="controls.start",
            type="number",
            label="Control start",
            help="When in the denoising the control begins to act.",
            default=control["start"],
            minimum=0,
            maximum=1,
            unit="fraction",
            step=0.05,
            advanced=True,
        ),
        OptionDescription(
            name="controls.end",
            type="number",
            label="Control end",
            help="When in the denoising the control stops acting, and the model is free.",
            default=control["end"],
            minimum=0,
            maximum=1,
            unit="fraction",
            step=0.05,
            advanced=True,
        ),
        OptionDescription(
            name="loras.weight",
            type="number",
            label="LoRA weight",
            help="How strongly the LoRA acts; a negative weight turns its effect round.",
            default=lora["weight"],
            minimum=-4,
            maximum=4,
            step=0.05,
        ),
    )
