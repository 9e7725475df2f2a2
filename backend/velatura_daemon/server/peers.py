"""The connections of clients: who has said hello, who watches which job, and sending that never waits."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import zmq

from velatura_daemon.worker_protocol import Frame
from velatura_protocol.envelope import encode
from velatura_protocol.messages import JobState, Message

from .sockets import ClientListener

#: Connections that are remembered; the one unheard for longest has to say hello again.
MAX_PEERS = 4096


@dataclass
class Peer:
    """A connection that has said hello.

    Attributes:
        key_name: name of the CURVE key that it came with.
        client_id: whose jobs it may see.
        previews: id of each watched job, and how many preview pictures of it this connection still takes.
        unsent: ids of jobs whose news did not get through because the connection is not read.
    """

    routing_id: bytes
    key_name: str
    client_id: str
    client_name: str
    previews: dict[str, int] = field(default_factory=lambda: {})
    unsent: set[str] = field(default_factory=lambda: set())


class Peers:
    """All connections, by routing id."""

    def __init__(self, socket: ClientListener) -> None:
        self._socket = socket
        self._peers: OrderedDict[bytes, Peer] = OrderedDict()
        self._watchers: dict[str, dict[bytes, Peer]] = {}

    def __len__(self) -> int:
        return len(self._peers)

    def welcome(self, peer: Peer) -> None:
        """A connection said hello, for the first time or again."""
        self.drop(peer.routing_id)
        self._peers[peer.routing_id] = peer
        if len(self._peers) > MAX_PEERS:
            self.drop(next(iter(self._peers)))

    def find(self, routing_id: bytes, key_name: str) -> Peer | None:
        """The peer of a message; None unless it said hello with the same key."""
        peer = self._peers.get(routing_id)
        if peer is None or peer.key_name != key_name:
            return None
        self._peers.move_to_end(routing_id)
        return peer

    def drop(self, routing_id: bytes) -> None:
        """Forget a connection and what it watched."""
        peer = self._peers.pop(routing_id, None)
        for job in peer.previews if peer is not None else ():
            self._unwatch(job, routing_id)

    # --- watching -----------------------------------------------------------------------------------------------

    def watch(self, peer: Peer, job: str, previews: int) -> None:
        """Tell this connection about a job from now on, and send it ``previews`` more pictures."""
        peer.previews[job] = peer.previews.get(job, 0) + previews
        self._watchers.setdefault(job, {})[peer.routing_id] = peer

    def watchers(self, job: str) -> list[Peer]:
        return list(self._watchers.get(job, {}).values())

    def wanted_previews(self, job: str) -> int:
        """The largest number of previews that any watcher still takes."""
        return max((peer.previews.get(job, 0) for peer in self.watchers(job)), default=0)

    def forget_job(self, job: str) -> None:
        for peer in self._watchers.pop(job, {}).values():
            peer.previews.pop(job, None)
            peer.unsent.discard(job)

    def _unwatch(self, job: str, routing_id: bytes) -> None:
        watchers = self._watchers.get(job, {})
        watchers.pop(routing_id, None)
        if not watchers:
            self._watchers.pop(job, None)

    # --- sending ------------------------------------------------------------------------------------------------

    def reply(self, routing_id: bytes, body: Message, *, re: str, blobs: Sequence[Frame] = ()) -> None:
        """Answer a message. A peer that is gone or does not read its answers is dropped and has to say hello again."""
        if not self._send(routing_id, encode(body, re=re, blobs=blobs)):
            self.drop(routing_id)

    def tell(self, peers: Sequence[Peer], state: JobState, *, last: bool) -> None:
        """Send a job's state to those who watch it; to those who do not read, later and then only the newest.

        Args:
            last: there will be no more news of this job, so that who has this one watches it no longer.
        """
        if not peers:
            return
        frames = encode(state)
        for peer in peers:
            if self._send(peer.routing_id, frames):
                peer.unsent.discard(state.job)
                if last:
                    peer.previews.pop(state.job, None)
                    self._unwatch(state.job, peer.routing_id)
            elif peer.routing_id in self._peers:
                peer.unsent.add(state.job)

    def show(self, job: str, body: Message, pixels: Frame) -> None:
        """Send a preview to those watchers who have credit for it; it is not kept for anyone."""
        frames = encode(body, blobs=[pixels])
        for peer in self.watchers(job):
            if peer.previews[job] > 0 and self._send(peer.routing_id, frames):
                peer.previews[job] -= 1

    @property
    def has_unsent(self) -> bool:
        return any(peer.unsent for peer in self._peers.values())

    def with_unsent(self) -> list[Peer]:
        return [peer for peer in self._peers.values() if peer.unsent]

    def _send(self, routing_id: bytes, frames: Sequence[Frame]) -> bool:
        """False when it did not go out; a peer that is gone is dropped."""
        try:
            self._socket.send_to(routing_id, frames)
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                self.drop(routing_id)
            elif error.errno != zmq.EAGAIN:
                raise
            return False
        return True
