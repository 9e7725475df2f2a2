"""Error codes of the protocol, in three families that say whose turn it is.

``asker``: the request is at fault and the same request fails again.
``machine``: the computer is at fault (disk, memory, a model file); the message says what to free or mend.
``ours``: Velatura is at fault; ``log`` names the line in the daemon's log to send with a report.
"""

from dataclasses import dataclass
from typing import Dict

ASKER = "asker"
MACHINE = "machine"
OURS = "ours"

#: Every code that may travel. A code never changes its meaning; new ones come with a new minor version.
FAMILY_OF_CODE: Dict[str, str] = {
    # the envelope and the conversation
    "bad_message": ASKER,
    "message_too_large": ASKER,
    "unknown_kind": ASKER,
    "version_mismatch": ASKER,
    "hello_first": ASKER,
    # the request
    "invalid_value": ASKER,
    "image_size_mismatch": ASKER,
    "image_too_large": ASKER,
    "empty_selection": ASKER,
    "selection_outside_canvas": ASKER,
    "prompt_too_long": ASKER,
    "unknown_task": ASKER,
    "unknown_model": ASKER,
    "unknown_sampler": ASKER,
    "unknown_control": ASKER,
    "unknown_lora": ASKER,
    # the job
    "job_unknown": ASKER,
    "job_conflict": ASKER,
    "job_not_finished": ASKER,
    "queue_full": ASKER,
    "not_allowed": ASKER,
    # the computer
    "disk_full": MACHINE,
    "out_of_memory": MACHINE,
    "model_incomplete": MACHINE,
    "model_unsafe": MACHINE,
    "worker_died": MACHINE,
    "worker_hung": MACHINE,
    "result_expired": MACHINE,
    # between the editor and the daemon; made by the client, never sent
    "daemon_unreachable": MACHINE,
    "daemon_refused_key": MACHINE,
    # us
    "internal": OURS,
}


@dataclass(frozen=True)
class ErrorInfo:
    """An error as it travels: no traceback, but a sentence that tells a person what to do.

    Attributes:
        code: one of ``FAMILY_OF_CODE``; a reader treats a code it does not know as ``internal``.
        message: one or two sentences in English, the second says what to do.
        retry: True when the unchanged request may succeed later.
        log: id that stands on the daemon's log lines about this error, "" when there are none.
    """

    code: str
    message: str
    retry: bool = False
    log: str = ""

    @property
    def family(self) -> str:
        return FAMILY_OF_CODE.get(self.code, OURS)


class VelaturaError(Exception):
    """An error that may be shown to a person and sent to a peer: ``info`` is what travels."""

    def __init__(self, code: str, message: str, *, retry: bool = False, log: str = "") -> None:
        if code not in FAMILY_OF_CODE:
            raise ValueError(f"unknown error code {code!r}: add it to FAMILY_OF_CODE and to SPEC.md")
        super().__init__(message)
        self.info = ErrorInfo(code, message, retry, log)

    @classmethod
    def from_info(cls, info: ErrorInfo) -> "VelaturaError":
        """The error that a peer sent; a code of a later minor version becomes ``internal``."""
        code = info.code if info.code in FAMILY_OF_CODE else "internal"
        return cls(code, info.message, retry=info.retry, log=info.log)


class ProtocolError(VelaturaError):
    """Frames that break SPEC.md. ``re`` is the id to answer to, "" when not even that could be read."""

    def __init__(self, code: str, message: str, *, re: str = "") -> None:
        super().__init__(code, message)
        self.re = re
