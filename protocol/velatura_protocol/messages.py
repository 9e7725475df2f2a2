"""The messages of the protocol, one frozen dataclass each. SPEC.md says who sends which, and what answers it."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Optional, Tuple, Type, TypeVar

from .catalogue import (
    ControlDescription,
    LoraDescription,
    ModelDescription,
    OptionDescription,
    SamplerDescription,
    TaskDescription,
)
from .codec import Plain
from .errors import ErrorInfo
from .images import ImageRef, Rect
from .request import GenerationRequest, InpaintSettings

Message = Any
_M = TypeVar("_M")
_class_of_kind: Dict[str, Type[Any]] = {}
_kind_of_class: Dict[Type[Any], str] = {}

#: The states of a job. The last three are terminal: a job enters exactly one of them, once.
QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
TERMINAL_STATES = (SUCCEEDED, FAILED, CANCELLED)
#: The stages of a running job, in their order; a job may skip some.
STAGES = ("loading", "encoding", "denoising", "decoding", "compositing")
#: The stage of a job that waits because no process that makes pictures is up yet.
STARTING = "starting"


def message(kind: str) -> Callable[[Type[_M]], Type[_M]]:
    """Register a dataclass as the body of messages of this kind. A kind taken twice is a programming error."""

    def register(cls: Type[_M]) -> Type[_M]:
        if kind in _class_of_kind:
            raise ValueError(f"two messages of kind {kind!r}")
        _class_of_kind[kind] = cls
        _kind_of_class[cls] = kind
        return cls

    return register


def class_of_kind(kind: str) -> Optional[Type[Any]]:
    """The dataclass of a kind, None for a kind that this version does not know."""
    return _class_of_kind.get(kind)


def kind_of(body: Message) -> str:
    return _kind_of_class[type(body)]


def all_kinds() -> Tuple[str, ...]:
    return tuple(_class_of_kind)


# --- the conversation -------------------------------------------------------------------------------------------


@message("hello")
@dataclass(frozen=True)
class Hello:
    """First message of a connection. ``client_id`` (32 hex digits, made and kept secret by the client) owns jobs."""

    protocol_major: int
    protocol_minor: int
    client_id: str
    client_name: str = ""
    client_version: str = ""


@message("welcome")
@dataclass(frozen=True)
class Welcome:
    """``session`` changes when the daemon restarts: jobs survive, subscriptions and preview credit do not."""

    protocol_major: int
    protocol_minor: int
    session: str
    daemon_version: str
    max_blob_bytes: int
    max_message_bytes: int


@message("error")
@dataclass(frozen=True)
class Error:
    error: ErrorInfo


@message("get_catalogue")
@dataclass(frozen=True)
class GetCatalogue:
    """``rescan``: look at the model folders again first."""

    rescan: bool = False


@message("catalogue")
@dataclass(frozen=True)
class Catalogue:
    models: Tuple[ModelDescription, ...] = ()
    tasks: Tuple[TaskDescription, ...] = ()
    options: Tuple[OptionDescription, ...] = ()
    controls: Tuple[ControlDescription, ...] = ()
    samplers: Tuple[SamplerDescription, ...] = ()
    loras: Tuple[LoraDescription, ...] = ()


@message("plan")
@dataclass(frozen=True)
class Plan:
    """Asks which part of the document a job needs. ``selection``: bounds of the selection, None = none."""

    task: str
    model: str
    canvas_width: int
    canvas_height: int
    selection: Optional[Rect] = None
    inpaint: InpaintSettings = field(default_factory=InpaintSettings)


@message("planned")
@dataclass(frozen=True)
class Planned:
    """``region``: the document pixels to send, inside the canvas. ``run_*``: the size that the model will run at."""

    region: Rect
    run_width: int
    run_height: int


# --- jobs -------------------------------------------------------------------------------------------------------


@message("submit")
@dataclass(frozen=True)
class Submit:
    """``job`` is a UUID (32 hex digits) made by the client. Sent again with the same request it changes nothing."""

    job: str
    request: GenerationRequest
    previews: int = 0


@message("watch")
@dataclass(frozen=True)
class Watch:
    """Send this connection the events of a job from now on, and ``previews`` more preview pictures of it."""

    job: str
    previews: int = 0


@message("cancel")
@dataclass(frozen=True)
class Cancel:
    job: str


@message("job")
@dataclass(frozen=True)
class JobState:
    """The whole state of a job: the answer to submit, watch and cancel, and the event sent to its watchers.

    Attributes:
        state: queued, running, succeeded, failed or cancelled.
        stage: one of ``STAGES`` while running, ``STARTING`` while queued before any worker is up, else "".
        step, of: progress within the stage, 0 of 0 when it cannot be told.
        position: while queued: jobs ahead of this one, those that run included.
        error: why it failed.
        label: the prompt's beginning, for lists.
    """

    job: str
    state: str
    stage: str = ""
    step: int = 0
    of: int = 0
    position: int = 0
    error: Optional[ErrorInfo] = None
    label: str = ""


@message("preview")
@dataclass(frozen=True)
class Preview:
    """The picture as far as it is denoised, small. Newer ones replace older ones; each costs one credit.

    ``image`` covers the request's region, whatever its own size. Its alpha, if it has any, is how the patch will lie
    over the document: pixels that stay as they are have 0.
    """

    job: str
    step: int
    of: int
    image: ImageRef


@message("list_jobs")
@dataclass(frozen=True)
class ListJobs:
    pass


@message("jobs")
@dataclass(frozen=True)
class Jobs:
    """The jobs of this client that were not forgotten, oldest first."""

    jobs: Tuple[JobState, ...] = ()


@message("fetch")
@dataclass(frozen=True)
class Fetch:
    job: str


@dataclass(frozen=True)
class Patch:
    """One result picture. ``image`` is RGBA/u8/srgb with straight alpha; ``x``, ``y`` place it in the document."""

    image: ImageRef
    x: int
    y: int
    seed: int


@dataclass(frozen=True)
class Report:
    """What really ran.

    Attributes:
        sampler: the sampler that ran, as a painter knows it; "" where none did.
        timings: stage to seconds.
        counters: how often each cached stage was computed or found (``prompt_encoded``, ``prompt_cached`` ...).
        notes: sentences about what was changed to make it run (memory, sizes).
    """

    model: str = ""
    device: str = ""
    sampler: str = ""
    run_width: int = 0
    run_height: int = 0
    timings: Dict[str, float] = field(default_factory=lambda: {})
    counters: Dict[str, int] = field(default_factory=lambda: {})
    notes: Tuple[str, ...] = ()


@message("result")
@dataclass(frozen=True)
class Result:
    """Kept by the daemon until ``forget``. ``request`` is what was submitted (its blobs do not travel back)."""

    job: str
    request: GenerationRequest
    patches: Tuple[Patch, ...] = ()
    report: Report = field(default_factory=Report)


@message("forget")
@dataclass(frozen=True)
class Forget:
    """The client has the result (or does not want it): the daemon may delete the job. Cancels it if it runs."""

    job: str


@message("forgotten")
@dataclass(frozen=True)
class Forgotten:
    job: str


# --- the daemon -------------------------------------------------------------------------------------------------


@message("get_status")
@dataclass(frozen=True)
class GetStatus:
    pass


@message("status")
@dataclass(frozen=True)
class Status:
    """``worker``: starting, idle, busy or stopped. ``details``: what doctor prints (device, memory, versions)."""

    pid: int
    worker: str
    queued: int
    running: int
    uptime_s: float
    details: Dict[str, Plain] = field(default_factory=lambda: {})


@message("shutdown")
@dataclass(frozen=True)
class Shutdown:
    """Ends the daemon; queued jobs stay in the journal for its next start."""


@message("stopping")
@dataclass(frozen=True)
class Stopping:
    pass
