"""What a person chose, and the request that it becomes once the model and the region are known."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

from velatura_protocol.catalogue import ModelDescription
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Catalogue, Planned
from velatura_protocol.request import ControlRequest, GenerationRequest, InpaintSettings, LoraRequest

from .editor import Buffer, Pixels
from .frame import PixelSource
from .texts import tr

#: Random seeds stay below this, so that they fit the fields of other programs.
SEED_LIMIT = 2**32
#: Refining keeps the composition and redraws the detail; the catalogue's default of 1 would start afresh.
REFINE_STRENGTH = 0.6
#: What is done with results that come, see ``Choices.results``.
INSERT, SHOW, SHOW_SEVERAL = "insert", "show", "show_several"
#: The task that turns a picture into a control map.
MAP_TASK = "control_map"


@dataclass(frozen=True)
class ControlChoice:
    """A control whose picture is read from the document.

    Attributes:
        source: ``canvas`` (the visible picture) or ``layer``.
        layer: key of the layer, "" = the active one.
        prepared: the picture is the control map itself, and is taken as it is.
    """

    kind: str
    source: str = "canvas"
    layer: str = ""
    prepared: bool = False
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class Choices:
    """What the person set; None (or "") = what suits the model, for ``seed`` = a random one.

    Attributes:
        run_width, run_height: pixels, 0 = as the daemon plans.
        refine_source: what refining begins with: ``layer`` (the active layer or group) or ``canvas`` (what is seen).
        results: ``insert``: they become layers when they come; ``show``: they are shown over the canvas first;
            ``show_several``: the pictures of a job that makes more than one are, as layers they would hide each other.
        preview_on_canvas: while a picture is painted, it is shown where it will be; else in the panel alone.
        keep_inputs: what pictures were made from is kept in the document, so that they can be made again.
    """

    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    strength: Optional[float] = None
    steps: Optional[int] = None
    guidance_scale: Optional[float] = None
    sampler: Optional[str] = None
    seed: Optional[int] = None
    count: int = 1
    run_width: int = 0
    run_height: int = 0
    inpaint: InpaintSettings = field(default_factory=InpaintSettings)
    controls: Tuple[ControlChoice, ...] = ()
    loras: Tuple[LoraRequest, ...] = ()
    refine_source: str = "layer"
    results: str = SHOW_SEVERAL
    preview_on_canvas: bool = True
    keep_inputs: bool = True


def inserts_at_once(results: str, count: int) -> bool:
    """Whether the ``count`` pictures of a job become layers when they come. ``results``: as in ``Choices``."""
    return results == INSERT or (results == SHOW_SEVERAL and count == 1)


def choose_model(wanted: str, task: str, catalogue: Catalogue) -> ModelDescription:
    """The model named ``wanted``; for "" the first that works and can do the task.

    Raises:
        VelaturaError: ``unknown_model``, ``model_incomplete``.
    """
    able = [model for model in catalogue.models if task in model.tasks and not model.problem]
    if not wanted:
        if able:
            return able[0]
        raise VelaturaError(
            "unknown_model", tr("No model that can do {task} was found. Run: velatura doctor", task=task)
        )
    for model in catalogue.models:
        if model.id == wanted:
            if model.problem:
                raise VelaturaError(
                    "model_incomplete",
                    tr("The model {model!r} cannot be used: {problem}", model=model.label, problem=model.problem),
                )
            return model
    names = ", ".join(model.id for model in able) or tr("none")
    raise VelaturaError(
        "unknown_model",
        tr("There is no model named {wanted!r}. Models that were found: {names}.", wanted=wanted, names=names),
    )


class Blobs:
    """Collects the pixel blobs of one request."""

    def __init__(self, buffers: Sequence[Buffer] = ()) -> None:
        """``buffers``: those that the request has already."""
        self.buffers: List[Buffer] = list(buffers)

    def add(self, pixels: Pixels, *, meaning: str = "colour") -> ImageRef:
        """``meaning`` as in ``ImageRef``; colours are sRGB.

        Raises:
            VelaturaError: ``internal`` when the buffer's length does not fit.
        """
        image = ImageRef(
            blob=len(self.buffers),
            width=pixels.width,
            height=pixels.height,
            channels=pixels.channels,
            colour_space="srgb" if meaning == "colour" else "none",
            meaning=meaning,
        )
        size = memoryview(pixels.data).nbytes
        if size != image.byte_count:
            raise VelaturaError(
                "internal",
                tr(
                    "The picture that was read has {size} bytes instead of {expected}. Please report this.",
                    size=size,
                    expected=image.byte_count,
                ),
            )
        self.buffers.append(pixels.data)
        return image


def compose_request(
    *,
    task: str,
    choices: Choices,
    catalogue: Catalogue,
    model: ModelDescription,
    planned: Planned,
    document: PixelSource,
    layer: str = "",
) -> Tuple[GenerationRequest, List[Buffer]]:
    """Read the planned region and put everything that decides the picture into one request, with its blobs.

    ``layer``: key of the layer that alone is the canvas, "" = the whole picture.
    """
    needs = next((known.needs for known in catalogue.tasks if known.id == task), ())
    blobs = Blobs()
    region = planned.region
    canvas: Optional[ImageRef] = None
    mask: Optional[ImageRef] = None
    if "canvas" in needs:
        canvas = blobs.add(document.read_layer(region, layer) if layer else document.read_canvas(region))
    if "mask" in needs:
        mask = blobs.add(document.read_mask(region), meaning="mask")
    request = GenerationRequest(
        task=task,
        model=model.id,
        canvas_width=document.width,
        canvas_height=document.height,
        document=document.document,
        region=region,
        prompt=_sendable(choices.prompt),
        negative_prompt=_sendable(choices.negative_prompt),
        canvas=canvas,
        mask=mask,
        seed=random_seed() if choices.seed is None else choices.seed,
        count=choices.count,
        run_width=choices.run_width or planned.run_width,
        run_height=choices.run_height or planned.run_height,
        inpaint=choices.inpaint,
        controls=tuple(_control(choice, document, region, blobs) for choice in choices.controls),
        loras=choices.loras,
        **_settings(choices, catalogue, model),
    )
    _check_integers(request)
    return request, blobs.buffers


def compose_map_request(
    *, kind: str, model: str, planned: Planned, document: PixelSource
) -> Tuple[GenerationRequest, List[Buffer]]:
    """Ask for the control map of what is seen in the planned region."""
    blobs = Blobs()
    image = blobs.add(document.read_canvas(planned.region))
    request = GenerationRequest(
        task=MAP_TASK,
        model=model,
        canvas_width=document.width,
        canvas_height=document.height,
        document=document.document,
        region=planned.region,
        run_width=planned.run_width,
        run_height=planned.run_height,
        controls=(ControlRequest(kind=kind, image=image, prepared=False),),
    )
    return request, blobs.buffers


def random_seed() -> int:
    return secrets.randbelow(SEED_LIMIT)


def _sendable(text: str) -> str:
    """Without lone surrogates, which toolkits and shells let through and UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _check_integers(request: GenerationRequest) -> None:
    """The daemon knows the ranges; but what does not fit into 64 bits would not even reach it."""
    for name in ("seed", "steps", "count", "run_width", "run_height"):
        value = getattr(request, name)
        if not -(2**63) <= value < 2**63:
            raise VelaturaError(
                "invalid_value",
                tr("{name} is {value}, which is far too large. Choose a smaller number.", name=name, value=value),
            )


def _control(choice: ControlChoice, document: PixelSource, region: Rect, blobs: Blobs) -> ControlRequest:
    pixels = document.read_layer(region, choice.layer) if choice.source == "layer" else document.read_canvas(region)
    return ControlRequest(
        kind=choice.kind,
        image=blobs.add(pixels, meaning="control" if choice.prepared else "colour"),
        prepared=choice.prepared,
        weight=choice.weight,
        start=choice.start,
        end=choice.end,
    )


def _settings(choices: Choices, catalogue: Catalogue, model: ModelDescription) -> Dict[str, Any]:
    """The denoising settings: what was chosen, else what suits the model, else the catalogue's default."""
    general = {option.name: option.default for option in catalogue.options}
    settings: Dict[str, Any] = {}
    for name in ("strength", "steps", "guidance_scale", "sampler"):
        value = getattr(choices, name)
        if value is None:
            value = model.defaults.get(name, general.get(name))
        if value is not None:
            settings[name] = value
    return settings
