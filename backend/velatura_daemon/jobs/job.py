"""A job as the supervisor knows it."""

from dataclasses import dataclass, field
from functools import cached_property

from velatura_daemon.worker_protocol import unpack
from velatura_protocol.errors import ErrorInfo
from velatura_protocol.messages import QUEUED, TERMINAL_STATES, Patch, Report
from velatura_protocol.request import GenerationRequest


@dataclass(frozen=True)
class Outcome:
    """What a job that succeeded has made. The picture of patch ``k`` is a file of the spool."""

    patches: tuple[Patch, ...]
    report: Report


@dataclass
class Job:
    """One job. ``JobBook`` alone changes it, and writes every change of a journalled field to the journal.

    Attributes:
        client: secret id of the client that owns it.
        number: place in the order of submission; greater is later.
        packed_request: msgpack of the ``GenerationRequest``. Equal requests pack to equal bytes.
        input_bytes: length of each blob of the request.
        submitted_at, finished_at: seconds since 1970.
        attempts: how often a worker has begun it.
        cancel_requested: it ends as cancelled, however its run ends.
        spooled_bytes: what it holds in the spool: its inputs until it has ended, then its results.
        expired: the result was evicted.
        stage, step, of: progress while running; not journalled.
        forgotten: its client does not want it any more, but a worker still runs it; not journalled.
    """

    id: str
    client: str
    number: int
    packed_request: bytes
    label: str
    input_bytes: tuple[int, ...]
    submitted_at: float
    state: str = QUEUED
    attempts: int = 0
    cancel_requested: bool = False
    finished_at: float = 0.0
    spooled_bytes: int = 0
    expired: bool = False
    error: ErrorInfo | None = None
    outcome: Outcome | None = None
    stage: str = field(default="", compare=False)
    step: int = field(default=0, compare=False)
    of: int = field(default=0, compare=False)
    forgotten: bool = field(default=False, compare=False)

    @cached_property
    def request(self) -> GenerationRequest:
        """Unpacked when asked for: of the jobs of an old journal few are."""
        return unpack(GenerationRequest, self.packed_request)

    @property
    def is_ended(self) -> bool:
        return self.state in TERMINAL_STATES
