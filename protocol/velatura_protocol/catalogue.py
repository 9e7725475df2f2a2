"""The catalogue: the daemon describes what it can do, and the plug-ins draw their controls from that.

Ids are texts made up by whoever adds a model, task, control or sampler; there is no central list of them.
"""

from dataclasses import dataclass, field
from typing import Dict, Optional, Tuple

from .codec import Plain


@dataclass(frozen=True)
class OptionDescription:
    """One value that a person may set.

    Attributes:
        name: the field of ``GenerationRequest``, with a dot for nested ones (``inpaint.grow``).
        type: ``integer``, ``number``, ``boolean``, ``text``, ``choice`` or ``seed``.
        unit: ``px``, ``steps``, ``fraction`` ... or "".
        choices: the allowed values of a ``choice``. choice_labels: what a painter reads for each of them.
        step: a sensible amount to change a number by, None = the reader's choice.
        advanced: belongs into a fold-out, because most pictures need no other value than the default.
    """

    name: str
    type: str
    label: str
    help: str
    default: Plain = None
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    unit: str = ""
    choices: Tuple[str, ...] = ()
    choice_labels: Tuple[str, ...] = ()
    step: Optional[float] = None
    advanced: bool = False


@dataclass(frozen=True)
class TaskDescription:
    """A kind of job. ``needs`` names the request fields that must be there: ``prompt``, ``canvas``, ``mask``,
    ``control`` (exactly one in ``controls``).

    A ``diagnostic`` task is for measuring and is not offered to painters. One with ``uses_model`` False paints nothing:
    it takes any ``model``, "" too, and runs on a machine that has none.
    """

    id: str
    label: str
    needs: Tuple[str, ...] = ()
    options: Tuple[str, ...] = ()
    diagnostic: bool = False
    uses_model: bool = True


@dataclass(frozen=True)
class ControlDescription:
    """A kind of ControlNet guidance.

    Attributes:
        models: ids of models for which a ControlNet of this kind is there.
        can_prepare: whether the daemon can make the map from a picture; else only a map itself can be given.
        prepare_problem: "" or the sentence that says why it cannot and what to do.
    """

    id: str
    label: str
    help: str
    models: Tuple[str, ...] = ()
    can_prepare: bool = True
    prepare_problem: str = ""


@dataclass(frozen=True)
class SamplerDescription:
    id: str
    label: str


@dataclass(frozen=True)
class LoraDescription:
    name: str
    models: Tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelDescription:
    """A model that was found. ``problem`` is "" or the sentence that says why it cannot be used and what to do.

    Attributes:
        architecture: id of the architecture that runs it. For information; plug-ins do not decide by it.
        native_width, native_height: the size in pixels that it was trained for.
        multiple: width and height must be divisible by this many pixels.
        defaults: option name to the value that suits this model.
    """

    id: str
    label: str
    architecture: str
    tasks: Tuple[str, ...] = ()
    native_width: int = 512
    native_height: int = 512
    multiple: int = 8
    defaults: Dict[str, Plain] = field(default_factory=lambda: {})
    problem: str = ""
