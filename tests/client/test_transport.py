"""The ZeroMQ transport: what ZeroMQ does in silence comes out as an error with a sentence."""

import dataclasses
import socket
import threading
import time
from collections.abc import Callable

import pytest
import zmq

from velatura_client.transport import Transport, ZeroMqTransport
from velatura_protocol.connection import Connection
from velatura_protocol.envelope import decode, encode
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import GetStatus, Hello, Status, Stopping


def receive(transport: Transport, deadline_s: float = 10.0) -> list:
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        frames = transport.receive(0.2)
        if frames is not None:
            return frames
    raise AssertionError("nothing came")


def final_error(transport: Transport) -> str:
    """The code of the error that a transport which cannot work ends with."""
    with pytest.raises(VelaturaError) as caught:
        receive(transport)
    transport.close()
    return caught.value.info.code


def nobody() -> Connection:
    """A connection to a port that was just free, with keys that fit."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server_key, _ = zmq.curve_keypair()
    public, secret = zmq.curve_keypair()
    keys = {"server_key": server_key.decode(), "client_public": public.decode(), "client_secret": secret.decode()}
    return Connection(
        endpoint=f"tcp://127.0.0.1:{port}",
        pid=1,
        session="",
        protocol_major=1,
        protocol_minor=0,
        daemon_version="",
        **keys,
    )


def test_message_goes_and_comes_with_its_blobs(fake_daemon: Callable) -> None:
    """Frames arrive as they were sent, small and large ones."""
    blobs = [b"small", bytes(1 << 20)]
    daemon = fake_daemon(lambda envelope: (Stopping(), [bytes(blob) for blob in envelope.blobs]))
    transport = ZeroMqTransport(daemon.connection)

    transport.send(encode(GetStatus(), id="1", blobs=blobs))
    answer = decode(receive(transport))

    assert blobs == [bytes(blob) for blob in answer.blobs]
    assert answer.header.re == "1"
    transport.close()


def test_stranger_is_refused_by_name(fake_daemon: Callable) -> None:
    """A client key that the daemon does not know ends in `daemon_refused_key`, not in silence."""
    daemon = fake_daemon()
    public, secret = zmq.curve_keypair()
    stranger = dataclasses.replace(daemon.connection, client_public=public.decode(), client_secret=secret.decode())

    assert final_error(ZeroMqTransport(stranger)) == "daemon_refused_key"
    assert daemon.heard == []


def test_refusal_is_named_to_who_sends_after_it(fake_daemon: Callable) -> None:
    """A refused connection takes no messages any more; that is told as what it is, also to who has not received yet."""
    public, secret = zmq.curve_keypair()
    keys = {"client_public": public.decode(), "client_secret": secret.decode()}
    transport = ZeroMqTransport(dataclasses.replace(fake_daemon().connection, **keys))

    def send_for_long() -> None:
        for _attempt in range(500):
            transport.send(encode(GetStatus(), id="1"))
            time.sleep(0.02)

    with pytest.raises(VelaturaError) as caught:
        send_for_long()
    transport.close()

    assert caught.value.info.code == "daemon_refused_key"


def test_wrong_server_key_is_refused(fake_daemon: Callable) -> None:
    """A connection file of another daemon (its port was taken over) ends in `daemon_refused_key`."""
    daemon = fake_daemon()
    other, _ = zmq.curve_keypair()

    connection = dataclasses.replace(daemon.connection, server_key=other.decode())

    assert final_error(ZeroMqTransport(connection)) == "daemon_refused_key"


def test_nobody_at_the_port_is_unreachable() -> None:
    """The connection file of a dead daemon ends in `daemon_unreachable` at once."""
    assert final_error(ZeroMqTransport(nobody())) == "daemon_unreachable"


def test_damaged_connection_file_is_unreachable() -> None:
    """Keys or an address that ZeroMQ refuses end in a sentence too."""
    for changed in ({"server_key": "short"}, {"endpoint": "nonsense"}, {"client_secret": "ü" * 40}):
        with pytest.raises(VelaturaError) as caught:
            ZeroMqTransport(dataclasses.replace(nobody(), **changed))
        assert caught.value.info.code == "daemon_unreachable"


def test_daemon_that_dies_is_unreachable(fake_daemon: Callable) -> None:
    """A connection that worked and breaks is told, with `retry`."""
    daemon = fake_daemon(lambda _envelope: (Stopping(), []))
    transport = ZeroMqTransport(daemon.connection)
    transport.send(encode(GetStatus(), id="1"))
    receive(transport)

    daemon.stop()

    with pytest.raises(VelaturaError) as caught:
        receive(transport)
    assert caught.value.info.code == "daemon_unreachable"
    assert caught.value.info.retry is True
    transport.close()


def test_wake_ends_receive_from_another_thread(fake_daemon: Callable) -> None:
    """`wake` lets a long `receive` return without a message."""
    transport = ZeroMqTransport(fake_daemon().connection)
    woken = threading.Event()
    entered = threading.Event()

    def wait() -> None:
        entered.set()
        while not woken.is_set():
            transport.receive(60)
        transport.close()

    thread = threading.Thread(target=wait)
    thread.start()
    assert entered.wait(10)
    woken.set()
    transport.wake()
    thread.join(20)

    assert not thread.is_alive()
    transport.wake()  # after the end: does nothing
    transport.close()


def test_answer_before_the_end_is_not_lost(fake_daemon: Callable) -> None:
    """What the daemon answered before it ended is still received."""
    daemon = fake_daemon(lambda _envelope: (Status(1, "idle", 0, 0, 0.0), []))
    transport = ZeroMqTransport(daemon.connection)
    transport.send(encode(Hello(1, 0, "0" * 32), id="1"))
    deadline = time.monotonic() + 10
    while not daemon.heard and time.monotonic() < deadline:
        time.sleep(0.01)
    daemon.stop()

    assert decode(receive(transport)).header.kind == "status"
    transport.close()
