"""What a menu action does, for any editor: plan, read the region, submit, and put the result in as a layer."""

from dataclasses import dataclass, field
from typing import Optional, Tuple

from velatura_protocol.request import InpaintSettings

from .background import BackgroundClient
from .editor import Editor


@dataclass(frozen=True)
class ControlChoice:
    """A control that is made from the document. ``source``: ``canvas`` or ``layer`` (the active one)."""

    kind: str
    source: str = "canvas"
    prepared: bool = False
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class Choices:
    """What the person set in the panel; None (or "") = what suits the model, for ``seed`` = a random one."""

    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    strength: Optional[float] = None
    steps: Optional[int] = None
    guidance_scale: Optional[float] = None
    sampler: Optional[str] = None
    seed: Optional[int] = None
    count: int = 1
    inpaint: InpaintSettings = field(default_factory=InpaintSettings)
    controls: Tuple[ControlChoice, ...] = ()


class Actions:
    """The menu. Each method returns at once; what happens is shown through ``Editor.show_*``."""

    def __init__(self, *, editor: Editor, client: BackgroundClient) -> None:
        raise NotImplementedError

    def generate(self, choices: Choices) -> None:
        """Text to image, over the selection's bounds or the whole canvas (``txt2img``)."""
        raise NotImplementedError

    def refine(self, choices: Choices) -> None:
        """The active layer again, changed by ``strength``: inside the selection, or all of it (``img2img``)."""
        raise NotImplementedError

    def fill(self, choices: Choices) -> None:
        """Repaint the selection so that it suits its surroundings (``inpaint``)."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Cancel every job that was begun here and is not over."""
        raise NotImplementedError
