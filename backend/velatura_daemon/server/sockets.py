"""The two listening sockets, with every bound that ZeroMQ can keep for us. Both are CURVE on 127.0.0.1, always."""

from collections.abc import Sequence

import zmq

from velatura_daemon.worker_protocol import Frame
from velatura_protocol.envelope import DEFAULT_LIMITS

from .zap import CLIENTS, WORKERS, KeyKeeper

#: A frame's bytes beside the largest blob: CURVE's nonce, tag and flags.
_FRAME_OVERHEAD = 1024
#: Messages of one peer that may wait unread. Few, because one may weigh as much as ``Limits.total``.
_RECEIVE_HIGH_WATER = 16
_SEND_HIGH_WATER = 1000
#: As plain numbers, and without pyzmq's functions for whole messages: joining its flags anew for every frame takes as
#: long as sending it.
_NOBLOCK = int(zmq.NOBLOCK)
_NOBLOCK_MORE = int(zmq.NOBLOCK | zmq.SNDMORE)
#: Milliseconds: how often a silent peer is asked for a sign of life, and when it is given up.
_HEARTBEAT_EVERY = 15_000
_HEARTBEAT_TIMEOUT = 45_000
#: Milliseconds that the last messages get to leave when the daemon ends.
_LINGER = 500

Context = zmq.Context[zmq.Socket[bytes]]
#: Routing id, then the frames of the message.
Socket = zmq.Socket[bytes]


class ListeningSocket:
    """A bound ROUTER with a key pair of its own. Belongs to the supervisor's thread."""

    def __init__(self, context: Context, domain: str, keys: KeyKeeper, *, heartbeats: bool) -> None:
        self._domain, self._keys = domain, keys
        public, secret = zmq.curve_keypair()
        self.server_key = public.decode()
        self.socket = context.socket(zmq.ROUTER)
        self.socket.router_mandatory = True  # without it, what cannot be delivered is dropped in silence
        self.socket.maxmsgsize = DEFAULT_LIMITS.blob + _FRAME_OVERHEAD
        self.socket.rcvhwm = _RECEIVE_HIGH_WATER
        self.socket.sndhwm = _SEND_HIGH_WATER
        self.socket.linger = _LINGER
        self.socket.curve_server = True
        self.socket.curve_secretkey = secret
        self.socket.zap_domain = domain.encode()
        if heartbeats:
            self.socket.heartbeat_ivl = _HEARTBEAT_EVERY
            self.socket.heartbeat_timeout = _HEARTBEAT_TIMEOUT
        self.socket.bind("tcp://127.0.0.1:*")
        self.endpoint = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def admit(self, public_key: bytes, name: str) -> None:
        self._keys.admit(self._domain, public_key, name)

    def dismiss(self, public_key: bytes) -> None:
        self._keys.dismiss(self._domain, public_key)

    def receive(self) -> list[zmq.Frame] | None:
        """The frames of one message, routing id first; None when none waits."""
        try:
            frames = [self.socket.recv(_NOBLOCK, copy=False)]
        except zmq.Again:
            return None
        while frames[-1].more:
            frames.append(self.socket.recv(copy=False))
        return frames

    def send_to(self, routing_id: bytes, frames: Sequence[Frame]) -> None:
        """Send without waiting and without copying large frames.

        Raises:
            zmq.ZMQError: EHOSTUNREACH when the peer is gone, EAGAIN when it does not read.
        """
        self.socket.send(routing_id, _NOBLOCK_MORE)
        for frame in frames[:-1]:
            self.socket.send(frame, _NOBLOCK_MORE, copy=False)
        self.socket.send(frames[-1], _NOBLOCK, copy=False)

    def close(self) -> None:
        self.socket.close()


class ClientListener(ListeningSocket):
    """Where editors and the command line connect."""

    def __init__(self, context: Context, keys: KeyKeeper) -> None:
        super().__init__(context, CLIENTS, keys, heartbeats=True)


class WorkerListener(ListeningSocket):
    """Where the daemon's own workers connect. Their death is noticed as that of a process, so no heartbeats."""

    def __init__(self, context: Context, keys: KeyKeeper) -> None:
        super().__init__(context, WORKERS, keys, heartbeats=False)

    def send(self, routing_id: str, frames: Sequence[Frame]) -> None:
        """Send to a worker; to one that has just died, nothing happens: its exit is dealt with elsewhere."""
        try:
            self.send_to(routing_id.encode(), frames)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
