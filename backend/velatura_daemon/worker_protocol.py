"""What supervisor and worker say to each other, over their own socket. Nothing of it ever reaches a client.

The frames are ``[kind, body, blob ...]``: kind is the class name, body a msgpack map of its fields. Pixels pass as
files of the spool; only previews travel as a blob. No torch and no numpy here: both sides of the wall import it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from velatura_protocol.codec import Plain, from_plain, to_plain
from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import ErrorInfo, ProtocolError
from velatura_protocol.images import ImageRef
from velatura_protocol.messages import Patch, Report

Frame = Buffer
_msgpack: Any = msgpack

#: The diagnostic task that gives the canvas back: it needs neither an engine nor a model.
COPY = "copy"
#: The task that makes a control map from a picture: it needs an engine, but no model.
CONTROL_MAP = "control_map"


@dataclass(frozen=True)
class WorkerConfiguration:
    """The one line of JSON that a worker reads from its stdin; the keys in it are good for this process only.

    Attributes:
        routing_id: the name by which the supervisor addresses this process and knows its messages.
        engine: factory of the engine as ``module:function``.
        log_file: the worker's own log.
    """

    endpoint: str
    routing_id: str
    server_key: str
    public_key: str
    secret_key: str
    engine: str
    device: str
    threads: int
    model_folders: tuple[str, ...]
    log_file: str


# --- from the supervisor ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunJob:
    """The blob is the packed ``GenerationRequest``, as it stands in the journal.

    Attributes:
        spool: the folder where the inputs are and results go.
        inputs: number of blobs of the request.
        previews: how many preview pictures are wanted so far.
    """

    job: str
    spool: str
    inputs: int
    previews: int


@dataclass(frozen=True)
class CancelJob:
    job: str


@dataclass(frozen=True)
class SetPreviews:
    """Somebody looks: make up to ``previews`` pictures from now on."""

    job: str
    previews: int


# --- from the worker --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The engine stands. ``description``: device, memory, versions."""

    description: dict[str, Plain] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class StartFailed:
    """The engine could not be made; the process ends after this message."""

    error: ErrorInfo


@dataclass(frozen=True)
class Progressed:
    job: str
    stage: str
    step: int = 0
    of: int = 0


@dataclass(frozen=True)
class PreviewMade:
    job: str
    step: int
    of: int
    image: ImageRef


@dataclass(frozen=True)
class JobSucceeded:
    """The pictures of ``patches`` are the job's results in the spool."""

    job: str
    patches: tuple[Patch, ...]
    report: Report


@dataclass(frozen=True)
class JobFailed:
    job: str
    error: ErrorInfo


@dataclass(frozen=True)
class JobCancelled:
    job: str


WorkerMessage = (
    RunJob
    | CancelJob
    | SetPreviews
    | Ready
    | StartFailed
    | Progressed
    | PreviewMade
    | JobSucceeded
    | JobFailed
    | JobCancelled
)
_CLASS_OF_KIND: dict[bytes, type[Any]] = {
    cls.__name__.encode(): cls
    for cls in (
        RunJob,
        CancelJob,
        SetPreviews,
        Ready,
        StartFailed,
        Progressed,
        PreviewMade,
        JobSucceeded,
        JobFailed,
        JobCancelled,
    )
}


def pack(value: Any) -> bytes:
    """Msgpack of a dataclass."""
    packed: bytes = _msgpack.packb(to_plain(value))
    return packed


def unpack(cls: type[Any], packed: Frame) -> Any:
    """The dataclass of what ``pack`` made.

    Raises:
        ProtocolError: it was not made from this class.
    """
    try:
        plain = _msgpack.unpackb(packed, raw=False, strict_map_key=True)
    except ValueError as error:
        raise ProtocolError(
            "bad_message", f"The {cls.__name__} is not valid msgpack ({type(error).__name__})."
        ) from None
    return from_plain(cls, plain, cls.__name__)


def encode(message: WorkerMessage, blobs: Sequence[Frame] = ()) -> list[Frame]:
    return [type(message).__name__.encode(), pack(message), *blobs]


def decode(frames: Sequence[Frame]) -> tuple[WorkerMessage, tuple[Frame, ...]]:
    """The message and its blobs.

    Raises:
        ProtocolError: not a message of this module.
    """
    cls = _CLASS_OF_KIND.get(bytes(frames[0])) if len(frames) >= 2 else None
    if cls is None:
        raise ProtocolError("bad_message", "This is no message between supervisor and worker.")
    return unpack(cls, frames[1]), tuple(frames[2:])
