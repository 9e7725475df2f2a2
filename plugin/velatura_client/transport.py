"""How frames get to the daemon and back. A transport belongs to one thread, all but ``wake``.

A lost or refused connection is final for a transport: it raises, and whoever owns it opens a new one.
"""

import struct
import threading
from typing import Any, Dict, List, Optional, Protocol, Sequence

import zmq

from velatura_protocol.connection import Connection
from velatura_protocol.envelope import DEFAULT_LIMITS, Buffer
from velatura_protocol.errors import VelaturaError

# ZMTP heartbeats are answered by the peer's I/O thread: silence means a dead or unreachable machine, not a busy one.
HEARTBEAT_INTERVAL_MS = 2000
HEARTBEAT_TIMEOUT_MS = 10_000
#: Frames from this many bytes on are passed as memory of the network library instead of being copied.
COPY_BELOW_BYTES = 4096


class Transport(Protocol):
    """Carries messages (lists of frames) in order."""

    def send(self, frames: Sequence[Buffer]) -> None:
        """Never waits. Large frames are not copied: leave them unchanged.

        Raises:
            VelaturaError: ``daemon_unreachable`` or ``daemon_refused_key``: nothing more can be sent.
        """
        ...

    def receive(self, timeout_s: float) -> Optional[List[Buffer]]:
        """The next message, or None after ``timeout_s`` seconds or after ``wake``.

        Raises:
            VelaturaError: ``daemon_unreachable`` or ``daemon_refused_key``: this transport is of no more use.
        """
        ...

    def wake(self) -> None:
        """Let the ``receive`` that waits (or the next one) return at once. May be called from any thread."""
        ...

    def close(self) -> None:
        """Drop what was not sent yet, and end. Twice is allowed."""
        ...


class ZeroMqTransport:
    """DEALER over CURVE. The socket's monitor turns what ZeroMQ does in silence into errors."""

    def __init__(self, connection: Connection) -> None:
        # a context of its own: plug-ins share the editor's interpreter, and terminating a shared one would hang others
        self._context: Any = zmq.Context(1)
        self._closed = False
        self._established = False
        self._wake_lock = threading.Lock()
        self._wake_receiver: Any = self._context.socket(zmq.PAIR)
        self._wake_receiver.bind("inproc://wake")
        self._wake_sender: Any = self._context.socket(zmq.PAIR)
        self._wake_sender.connect("inproc://wake")
        self._socket: Any = self._context.socket(zmq.DEALER)
        self._monitor: Any = self._socket.get_monitor_socket()
        try:
            self._configure(connection)
            self._socket.connect(connection.endpoint)
        except (zmq.ZMQError, ValueError, UnicodeError) as error:
            self.close()
            raise VelaturaError(
                "daemon_unreachable", f"The connection file cannot be used ({error}). Start the daemon again."
            ) from None
        self._poller: Any = zmq.Poller()
        for socket in (self._socket, self._monitor, self._wake_receiver):
            self._poller.register(socket, zmq.POLLIN)

    def _configure(self, connection: Connection) -> None:
        socket = self._socket
        socket.linger = 0
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_INTERVAL_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
        socket.setsockopt(zmq.MAXMSGSIZE, DEFAULT_LIMITS.blob)
        socket.copy_threshold = COPY_BELOW_BYTES
        socket.curve_serverkey = connection.server_key.encode("ascii")
        socket.curve_publickey = connection.client_public.encode("ascii")
        socket.curve_secretkey = connection.client_secret.encode("ascii")

    def send(self, frames: Sequence[Buffer]) -> None:
        try:
            self._socket.send_multipart(list(frames), flags=zmq.DONTWAIT, copy=False)
        except zmq.Again:
            while self._monitor.poll(0):  # a connection that was refused takes no messages either
                self._read_monitor()
            raise VelaturaError(
                "daemon_unreachable", "The daemon takes no more messages. Try again in a moment.", retry=True
            ) from None

    def receive(self, timeout_s: float) -> Optional[List[Buffer]]:
        ready: Dict[Any, int] = dict(self._poller.poll(max(0.0, timeout_s) * 1000))
        if self._wake_receiver in ready:
            self._drain_wake()
        if self._socket in ready:  # before the monitor: what arrived before the end still counts
            return [_content(frame) for frame in self._socket.recv_multipart(copy=False)]
        if self._monitor in ready:
            self._read_monitor()
        return None

    def wake(self) -> None:
        with self._wake_lock:
            if not self._closed:
                try:
                    self._wake_sender.send(b"", zmq.DONTWAIT)
                except zmq.Again:
                    return  # a thousand calls are waiting already

    def close(self) -> None:
        with self._wake_lock:
            if self._closed:
                return
            self._closed = True
            self._socket.disable_monitor()
            for socket in (self._monitor, self._wake_sender, self._wake_receiver, self._socket):
                socket.close(0)
        self._context.term()

    def _drain_wake(self) -> None:
        while True:
            try:
                self._wake_receiver.recv(zmq.DONTWAIT)
            except zmq.Again:
                return

    def _read_monitor(self) -> None:
        event, _value = struct.unpack("=hi", self._monitor.recv_multipart()[0])
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._established = True
        elif event in (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL):
            raise VelaturaError(
                "daemon_refused_key",
                "The daemon does not accept this key. Stop it (velatura daemon stop) and try again.",
            )
        elif event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            raise VelaturaError(
                "daemon_unreachable", "Another program answers at the daemon's address. Start the daemon again."
            )
        elif event in (zmq.EVENT_DISCONNECTED, zmq.EVENT_CLOSED, zmq.EVENT_CONNECT_RETRIED):
            what = "The connection to the daemon was lost." if self._established else "No daemon answers."
            raise VelaturaError("daemon_unreachable", f"{what} It can be started again.", retry=True)


def _content(frame: Any) -> Buffer:
    """The frame's bytes; large ones as memory that keeps its frame alive."""
    return frame.buffer if len(frame) >= COPY_BELOW_BYTES else frame.bytes
