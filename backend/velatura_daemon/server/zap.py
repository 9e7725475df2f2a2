"""Who may connect: ZeroMQ asks here for every connection, with the key that the peer has proved to own (RFC 27, ZAP).

libzmq asks over an inproc socket, which the supervisor's own poller watches; no further thread is needed.
"""

import zmq
from zmq.utils import z85

from velatura_daemon.logs import Log

#: ZAP domains, one for each listening socket. Unnamed domains are not asked about, so every socket has one.
CLIENTS = "velatura.clients"
WORKERS = "velatura.workers"
#: Name of the key that stands in connection.json.
LOCAL_KEY = "local"

_ENDPOINT = "inproc://zeromq.zap.01"
_VERSION = b"1.0"


class KeyKeeper:
    """The list of admitted CURVE keys, and the answers to libzmq."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", log: Log) -> None:
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(_ENDPOINT)
        self._name_of_key: dict[tuple[str, bytes], str] = {}
        self._log = log

    def admit(self, domain: str, public_key: bytes, name: str) -> None:
        """Let a key (Z85) in; messages of its connections carry ``name`` as their User-Id."""
        self._name_of_key[domain, z85.decode(public_key)] = name

    def dismiss(self, domain: str, public_key: bytes) -> None:
        """Refuse a key from now on; connections that it has stay open."""
        self._name_of_key.pop((domain, z85.decode(public_key)), None)

    def answer(self) -> None:
        """Answer one question, if there is one."""
        try:
            frames = self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        _version, request_id, domain, address, _identity, mechanism, *credentials = frames
        name = self._name_of_key.get((domain.decode(), credentials[0])) if mechanism == b"CURVE" else None
        if name is None:
            self._log.warning("a key was refused", address=address.decode())
            status, text, user = b"400", b"unknown key", b""
        else:
            status, text, user = b"200", b"", name.encode()
        self.socket.send_multipart([_VERSION, request_id, status, text, user, b""])
