"""One conversation over one transport: ids, answers matched by ``re``, hello, and events. For one thread."""

import time
from dataclasses import dataclass
from typing import Callable, Dict, Sequence

from velatura_protocol.envelope import Buffer, Envelope, decode, encode
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Error, Hello, Message, Welcome
from velatura_protocol.version import PACKAGE_VERSION, PROTOCOL_MAJOR, PROTOCOL_MINOR

from .transport import Transport

#: The daemon's loop answers within milliseconds even while models load; this much silence means that it hangs.
REPLY_DEADLINE_S = 60.0
#: How often a call looks whether it shall go on waiting.
_SLICE_S = 0.1

OnReply = Callable[[Envelope], None]
OnFailure = Callable[[VelaturaError], None]


@dataclass(frozen=True)
class _Waiting:
    done: OnReply
    failed: OnFailure
    deadline: float


def make_hello(client_id: str, client_name: str) -> Hello:
    return Hello(PROTOCOL_MAJOR, PROTOCOL_MINOR, client_id, client_name, PACKAGE_VERSION)


class Session:
    """Owns its transport. ``step`` must be called again and again; answers and events are told from within it."""

    def __init__(self, transport: Transport, on_event: Callable[[Envelope], None] = lambda _event: None) -> None:
        self.on_event = on_event
        self._transport = transport
        self._waiting: Dict[str, _Waiting] = {}
        self._sent = 0

    def request(
        self,
        body: Message,
        done: OnReply,
        failed: OnFailure,
        *,
        blobs: Sequence[Buffer] = (),
        deadline_s: float = REPLY_DEADLINE_S,
    ) -> None:
        """Send ``body``; later one of ``done`` and ``failed`` is called once, unless the session ends before.

        Raises:
            VelaturaError: ``daemon_unreachable`` when it cannot be sent; then neither is called.
        """
        self._sent += 1
        identity = str(self._sent)
        self._transport.send(encode(body, id=identity, blobs=blobs))
        self._waiting[identity] = _Waiting(done, failed, time.monotonic() + deadline_s)

    def step(self, timeout_s: float) -> None:
        """Wait up to ``timeout_s`` seconds for one message, and tell of it.

        Raises:
            VelaturaError: the conversation is over (``daemon_unreachable``, ``daemon_refused_key``).
        """
        frames = self._transport.receive(timeout_s)
        if frames is not None:
            self._dispatch(frames)
        self._check_deadlines()

    def call(
        self,
        body: Message,
        *,
        blobs: Sequence[Buffer] = (),
        deadline_s: float = REPLY_DEADLINE_S,
        give_up: Callable[[], bool] = lambda: False,
    ) -> Envelope:
        """Send ``body`` and wait for its answer; events on the way are told as usual.

        Raises:
            VelaturaError: what the daemon answered, or the end of the conversation.
        """
        replies: Dict[str, Envelope] = {}
        failures: Dict[str, VelaturaError] = {}

        def done(reply: Envelope) -> None:
            replies["it"] = reply

        def failed(error: VelaturaError) -> None:
            failures["it"] = error

        self.request(body, done, failed, blobs=blobs, deadline_s=deadline_s)
        while not replies and not failures:
            if give_up():
                raise VelaturaError("daemon_unreachable", "The connection was given up.")
            self.step(_SLICE_S)
        if failures:
            raise failures["it"]
        return replies["it"]

    def greet(self, hello: Hello, deadline_s: float, give_up: Callable[[], bool] = lambda: False) -> Welcome:
        """Begin the conversation.

        Raises:
            VelaturaError: ``version_mismatch``, or there is no daemon at the other end.
        """
        welcome = self.call(hello, deadline_s=deadline_s, give_up=give_up).body
        if not isinstance(welcome, Welcome):
            raise VelaturaError("daemon_unreachable", "The daemon did not answer the greeting. Start it again.")
        if welcome.protocol_major != hello.protocol_major:
            raise VelaturaError(
                "version_mismatch",
                f"The plug-in speaks protocol {hello.protocol_major}.{hello.protocol_minor}, the daemon "
                f"{welcome.protocol_major}.{welcome.protocol_minor}. Update the older one of the two.",
            )
        return welcome

    def wake(self) -> None:
        """Let ``step`` return. May be called from any thread."""
        self._transport.wake()

    def close(self) -> None:
        self._transport.close()

    def _dispatch(self, frames: Sequence[Buffer]) -> None:
        try:
            envelope = decode(frames)
        except VelaturaError:
            return  # a kind of a later minor version; if it was an answer, its deadline tells
        reply_to = envelope.header.re
        if not reply_to:
            self.on_event(envelope)
            return
        waiting = self._waiting.pop(reply_to, None)
        if waiting is None:
            return
        if isinstance(envelope.body, Error):
            waiting.failed(VelaturaError.from_info(envelope.body.error))
        else:
            waiting.done(envelope)

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        for identity in [key for key, waiting in self._waiting.items() if now >= waiting.deadline]:
            failed = self._waiting.pop(identity).failed
            failed(
                VelaturaError(
                    "daemon_unreachable",
                    "The daemon does not answer. If this stays so, stop it (velatura daemon stop) and try again.",
                    retry=True,
                )
            )
