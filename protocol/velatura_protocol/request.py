"""``GenerationRequest``: everything that decides a picture, in one value.

Same request, same device, same library versions: same picture. Nothing else (no setting of the daemon, no state of
the editor) may change the pixels.
"""

from dataclasses import dataclass, field
from typing import Optional, Tuple

from .images import ImageRef, Rect


@dataclass(frozen=True)
class InpaintSettings:
    """How a selection becomes an inpaint mask, and the result a patch. Lengths are in document pixels.

    Attributes:
        grow: the mask is dilated by this much, so that strokes at the very edge are repainted too.
        feather: width of the soft ramp laid over the mask's edge (in addition to the selection's own softness).
        context: how much surrounding picture the model sees, as a fraction of the selection's longer side.
        fill: what stands in the masked area before denoising starts, where strength leaves room for it:
            ``original``, ``blur`` (surroundings smeared inwards), ``neutral`` (grey) or ``noise``.
        match_colours: shift the result's colour statistics to those of the unmasked surroundings.
        correct_seam: pull the result to the canvas' colours along the mask's edge (low frequencies only).
    """

    grow: int = 0
    feather: int = 0
    context: float = 0.5
    fill: str = "original"
    match_colours: bool = True
    correct_seam: bool = True


@dataclass(frozen=True)
class ControlRequest:
    """One ControlNet's guidance.

    Attributes:
        kind: id of a control in the catalogue, such as ``edges``.
        image: covers ``GenerationRequest.region``, resampled by the daemon to the size it runs at.
        prepared: True when the image is the control map itself, False when the daemon makes the map from a picture.
        weight: conditioning scale, 0..2.
        start: fraction of the denoising, 0..1, at which the control begins. end: likewise, at which it ends.
    """

    kind: str
    image: ImageRef
    prepared: bool = True
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class LoraRequest:
    """A LoRA of the catalogue and its weight (0 = without effect, 1 = as trained)."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class GenerationRequest:
    """Everything that decides a picture.

    Attributes:
        task: id of a task in the catalogue: ``txt2img``, ``img2img``, ``inpaint``, ``control_map`` (the map that
            ``controls[0]`` would follow, as a picture to edit), or ``copy`` (diagnostic).
        model: id of a model in the catalogue; ignored by tasks that use none.
        canvas_width, canvas_height: size in pixels of the whole document, or of what it is extended to.
        region: the part of the document that ``canvas``, ``mask`` and control images cover, as the daemon planned it;
            for txt2img the part that the picture shall cover.
        canvas: pixels of the region (img2img, inpaint).
        mask: pixels of the region, ``Y``/``u8``/``mask``: 255 = repaint (inpaint).
        strength: 0 < strength <= 1; the share of the noise schedule that is applied to the canvas and removed again
            (SDEdit, Meng et al. 2022, arXiv:2108.01073).
        steps: length of the schedule; img2img runs about ``strength * steps`` of it.
        guidance_scale: classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598); 1 = without.
        sampler: id of a sampler in the catalogue, "" = the model's own.
        seed: 0 .. 2**63-1; picture k of ``count`` has seed + k.
        run_width, run_height: size to denoise at (or to make the map at) in pixels, 0 = as planned by the daemon.
        document: where the document lies in the canvas; None = it is the canvas. It decides no pixels: it tells whoever
            gets the result, perhaps much later, where that belongs.
    """

    task: str
    model: str
    canvas_width: int
    canvas_height: int
    region: Rect
    prompt: str = ""
    negative_prompt: str = ""
    canvas: Optional[ImageRef] = None
    mask: Optional[ImageRef] = None
    strength: float = 1.0
    steps: int = 20
    guidance_scale: float = 5.0
    sampler: str = ""
    seed: int = 0
    count: int = 1
    run_width: int = 0
    run_height: int = 0
    inpaint: InpaintSettings = field(default_factory=InpaintSettings)
    controls: Tuple[ControlRequest, ...] = ()
    loras: Tuple[LoraRequest, ...] = ()
    document: Optional[Rect] = None

    @property
    def offset(self) -> Tuple[int, int]:
        """Of the canvas in the document, pixels: not positive."""
        return (0, 0) if self.document is None else (-self.document.x, -self.document.y)

    def images(self) -> Tuple[Tuple[str, ImageRef], ...]:
        """Every image of the request with its path, for checks and for renumbering blobs."""
        named = [("canvas", self.canvas), ("mask", self.mask)]
        named += [(f"controls[{index}].image", control.image) for index, control in enumerate(self.controls)]
        return tuple((path, image) for path, image in named if image is not None)
