"""Whether a request can be run, decided before it is queued.

Ranges come from the catalogue's options, so that they stand in one place.
"""

from collections.abc import Iterator
from typing import Any

from velatura_protocol.catalogue import ModelDescription, OptionDescription, TaskDescription
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Catalogue, Plan
from velatura_protocol.request import GenerationRequest

from .bounds import check_fits_message
from .sizes import TrainedSizes

#: UTF-8 bytes of prompt or negative prompt. A token stands for at least one byte (in English for about four), and each
#: 75 tokens add one more block of text to every attention of every step: beyond this a job would take minutes and
#: gigabytes for text that a model no longer tells apart.
LARGEST_PROMPT = 10_000
LARGEST_SEED = 2**63 - 1


def check_plan(plan: Plan, catalogue: Catalogue) -> None:
    """Check the names and settings of a `plan`; ``plan_region`` checks its geometry.

    Raises:
        VelaturaError: ``unknown_task``, ``unknown_model``, ``model_incomplete``, ``invalid_value``.
    """
    _task_and_model(plan.task, plan.model, catalogue)
    _check_options(plan, catalogue)


def check_request(request: GenerationRequest, catalogue: Catalogue) -> None:
    """Check everything that can be known without the pixels; its blobs were checked by ``check_image``.

    Raises:
        VelaturaError: ``unknown_task``, ``unknown_model``, ``unknown_sampler``, ``unknown_control``, ``unknown_lora``,
            ``model_incomplete``, ``invalid_value`` (the sentence names the field), ``prompt_too_long``,
            ``image_size_mismatch``, ``image_too_large``.
    """
    task, model = _task_and_model(request.task, request.model, catalogue)
    _check_names(request, catalogue)
    _check_controls(request, task, catalogue)
    _check_options(request, catalogue)
    _check_prompts(request, task)
    _check_seed(request)
    _check_region(request)
    _check_images(request, task)
    if model is not None:
        _check_multiple(request, model)


def check_run_size(request: GenerationRequest, sizes: TrainedSizes) -> None:
    """Refuse a size that the model was not trained for; 0 x 0 leaves the choice to the daemon.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    width, height = request.run_width, request.run_height
    if (width, height) != (0, 0) and not sizes.allows(width, height):
        raise _invalid(
            f"run_width x run_height is {width} x {height}, which this model was not trained for. Use sides of "
            f"{sizes.shortest} to {sizes.longest} pixels, divisible by {sizes.multiple}, with at most "
            f"{sizes.largest_area} pixels in all; its own size is {sizes.native_width} x {sizes.native_height}."
        )


def _task_and_model(
    task_id: str, model_id: str, catalogue: Catalogue
) -> tuple[TaskDescription, ModelDescription | None]:
    """The task and its model; None for a task that uses none."""
    task = next((task for task in catalogue.tasks if task.id == task_id), None)
    if task is None:
        raise _unknown("unknown_task", "task", task_id, [task.id for task in catalogue.tasks if not task.diagnostic])
    if not task.uses_model:
        return task, None
    model = next((model for model in catalogue.models if model.id == model_id), None)
    if model is None:
        raise _unknown("unknown_model", "model", model_id, [model.id for model in catalogue.models])
    if model.problem:
        raise VelaturaError("model_incomplete", f"The model {model.label!r} cannot be used: {model.problem}")
    if task.id not in model.tasks:
        raise _unknown("unknown_task", f"task for the model {model.label!r}", task.id, list(model.tasks))
    return task, model


def _check_names(request: GenerationRequest, catalogue: Catalogue) -> None:
    samplers = [sampler.id for sampler in catalogue.samplers]
    if request.sampler and request.sampler not in samplers:
        raise _unknown("unknown_sampler", "sampler", request.sampler, samplers)
    for lora in request.loras:
        names = [known.name for known in catalogue.loras if request.model in known.models]
        if lora.name not in names:
            raise _unknown("unknown_lora", f"LoRA for the model {request.model!r}", lora.name, names)


def _check_controls(request: GenerationRequest, task: TaskDescription, catalogue: Catalogue) -> None:
    if "control" in task.needs and (len(request.controls) != 1 or request.controls[0].prepared):
        raise _invalid(
            f"The task {task.id!r} needs exactly one control, whose image is a picture and not yet a map "
            "(prepared = false). Choose one control."
        )
    for control in request.controls:
        kinds = {kind.id: kind for kind in catalogue.controls if request.model in kind.models or not task.uses_model}
        if control.kind not in kinds:
            what = f"control for the model {request.model!r}" if task.uses_model else "control"
            raise _unknown("unknown_control", what, control.kind, list(kinds))
        if not control.prepared and not kinds[control.kind].can_prepare:
            raise _invalid(kinds[control.kind].prepare_problem or f"Give the {control.kind} map itself.")
        if control.start >= control.end:
            raise _invalid(f"controls.start is {control.start:g}; it must be less than controls.end, {control.end:g}.")


def _check_options(values: GenerationRequest | Plan, catalogue: Catalogue) -> None:
    for option in catalogue.options:
        for value in _values(values, option.name.split(".")):
            if value != option.default:
                _check_option(option, value)


def _values(holder: Any, path: list[str]) -> Iterator[Any]:
    """What stands at a dotted path; ``controls.weight`` stands in each control. Nothing when the path is not there."""
    if isinstance(holder, tuple):
        for item in holder:  # pyright: ignore[reportUnknownVariableType]
            yield from _values(item, path)
    elif not path:
        yield holder
    elif hasattr(holder, path[0]):
        yield from _values(getattr(holder, path[0]), path[1:])


def _check_option(option: OptionDescription, value: Any) -> None:
    if option.choices and value not in option.choices:
        raise _invalid(f"{option.name} is {_shown(value)}; it must be one of {', '.join(option.choices)}.")
    if not isinstance(value, (int, float)):
        return
    least = float("-inf") if option.minimum is None else option.minimum
    most = float("inf") if option.maximum is None else option.maximum
    if not least <= value <= most:  # also when the value is not a number
        allowed = f"{least:g} to {most:g} {option.unit}".rstrip()
        raise _invalid(f"{option.name} is {value:g}; it must be {allowed}.")


def _check_prompts(request: GenerationRequest, task: TaskDescription) -> None:
    for name, text in (("prompt", request.prompt), ("negative_prompt", request.negative_prompt)):
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > LARGEST_PROMPT:
            raise VelaturaError(
                "prompt_too_long",
                f"The {name} has {size} bytes; {LARGEST_PROMPT} are allowed, which is about 1500 English words or "
                f"3300 Chinese characters. Shorten it.",
            )
    if "prompt" in task.needs and not request.prompt.strip():
        raise _invalid("prompt is empty. Say what the picture shall show.")


def _check_seed(request: GenerationRequest) -> None:
    last = request.seed + request.count - 1
    if request.seed < 0 or request.count < 1 or last > LARGEST_SEED:
        raise _invalid(f"seed is {request.seed} for {request.count} pictures; seeds must be 0 to {LARGEST_SEED}.")


def _check_region(request: GenerationRequest) -> None:
    canvas = Rect(0, 0, request.canvas_width, request.canvas_height)
    region = request.region
    if region.is_empty or region.intersection(canvas) != region:
        raise _invalid(
            f"region ({region.x}, {region.y}, {region.width} x {region.height}) must be a part of the canvas of "
            f"{canvas.width} x {canvas.height} pixels. Send the region that `plan` answers."
        )
    check_fits_message(region, "The region")
    document = request.document
    if document is not None and (document.is_empty or document.intersection(canvas) != document):
        raise _invalid(
            f"document ({document.x}, {document.y}, {document.width} x {document.height}) must be a part of the canvas "
            f"of {canvas.width} x {canvas.height} pixels."
        )


def _check_images(request: GenerationRequest, task: TaskDescription) -> None:
    for name, image in (("canvas", request.canvas), ("mask", request.mask)):
        if name in task.needs and image is None:
            raise _invalid(f"{name} is missing. The task {task.id!r} needs it.")
    for path, image in request.images():
        _check_covers(image, request.region, path)
    if request.mask is not None and request.mask.channels != "Y":
        raise _invalid(f"mask has channels {request.mask.channels}; a mask has the single channel Y, 255 = repaint.")


def _check_covers(image: ImageRef, region: Rect, path: str) -> None:
    if (image.width, image.height) != (region.width, region.height):
        raise VelaturaError(
            "image_size_mismatch",
            f"{path} has {image.width} x {image.height} pixels, but the region has {region.width} x {region.height}. "
            f"Send the pixels of the region.",
        )


def _check_multiple(request: GenerationRequest, model: ModelDescription) -> None:
    width, height = request.run_width, request.run_height
    if (width, height) == (0, 0):
        return
    if min(width, height) < model.multiple or width % model.multiple or height % model.multiple:
        raise _invalid(
            f"run_width x run_height is {width} x {height}; both must be divisible by {model.multiple}, or both 0 to "
            f"leave the choice to the daemon."
        )


def _unknown(code: str, what: str, name: str, known: list[str]) -> VelaturaError:
    choices = f"Choose one of: {', '.join(known)}." if known else "None was found."
    return VelaturaError(code, f"There is no {what} named {_shown(name)}. {choices}")


def _invalid(message: str) -> VelaturaError:
    return VelaturaError("invalid_value", message)


def _shown(value: Any) -> str:
    """What somebody sent, short enough for a sentence."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
