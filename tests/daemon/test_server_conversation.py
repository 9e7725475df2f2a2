"""The conversation over the real socket: hello, versions, and what is not understood."""

import contextlib
import os
import socket
import stat
import struct
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import zmq

from velatura_protocol.envelope import DEFAULT_LIMITS, MAGIC, encode
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import (
    Forget,
    GetCatalogue,
    GetStatus,
    Hello,
    JobState,
    ListJobs,
    Plan,
    Planned,
    Shutdown,
    Status,
    Stopping,
    Submit,
    Welcome,
)
from velatura_protocol.request import ControlRequest
from velatura_protocol.version import PROTOCOL_MAJOR, PROTOCOL_MINOR

HELLO = encode(Hello(1, 0, "a" * 32), id="1")


def test_hello_is_answered_while_the_engine_is_being_made(start_daemon: Any, gate: Any) -> None:
    """The supervisor answers although its worker has not finished importing; the worker gets ready afterwards."""
    daemon = start_daemon(engine="create_slowly", environment={"TEST_ENGINE_GATE": str(gate)})
    client = daemon.connect()
    welcome = client.hello()
    assert isinstance(welcome, Welcome)
    assert "starting" == client.status().worker
    gate.touch()
    daemon.worker_pids(client)
    assert "idle" == client.status().worker


def test_welcome_tells_session_and_limits(shared_daemon: Any) -> None:
    """The session is the one of the connection file, and the limits are those that are kept."""
    welcome = shared_daemon.connect().hello()
    assert shared_daemon.connection.session == welcome.session
    assert (DEFAULT_LIMITS.blob, DEFAULT_LIMITS.total) == (welcome.max_blob_bytes, welcome.max_message_bytes)


@pytest.mark.parametrize("major", [0, 2])
def test_older_and_newer_major_versions_are_refused_by_name(shared_daemon: Any, major: int) -> None:
    """One sentence names both versions, and nothing else is answered to that connection."""
    client = shared_daemon.connect()
    error = client.hello(major, 9).error
    assert "version_mismatch" == error.code
    assert f"{major}.9" in error.message
    assert f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}" in error.message
    assert "hello_first" == client.refused(ListJobs()).code


def test_newer_minor_version_is_welcome(shared_daemon: Any) -> None:
    """Minor versions only add, so they mix."""
    assert isinstance(shared_daemon.connect().hello(1, 99), Welcome)


def test_nothing_is_done_before_hello(shared_daemon: Any) -> None:
    """A connection that has not said who it is may ask for nothing."""
    client = shared_daemon.connect()
    for body in (ListJobs(), GetStatus(), GetCatalogue()):
        assert "hello_first" == client.refused(body).code


@pytest.mark.parametrize("client_id", ["", "a" * 31, "A" * 32, "../../../../../../../etc/passwd-", "é" * 32])
def test_client_ids_are_32_hexadecimal_digits(shared_daemon: Any, client_id: str) -> None:
    """An id that is not well formed is refused, because it decides whose jobs are seen."""
    client = shared_daemon.connect()
    assert "bad_message" == client.refused(Hello(1, 0, client_id)).code


def test_job_ids_cannot_name_other_files(client: Any, copy_request: Any) -> None:
    """A job's id becomes a file name, so that only hexadecimal digits pass."""
    request, pixels = copy_request()
    assert "bad_message" == client.refused(Submit("../" * 10 + "ab", request), [pixels]).code


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([b""], "bad_message"),
        ([b"", b"", b""], "bad_message"),
        ([MAGIC], "bad_message"),
        ([b"VLT9", *HELLO[1:]], "bad_message"),
        ([MAGIC, b"\xc1" * 40, HELLO[2]], "bad_message"),
        ([MAGIC, HELLO[1][:-3], HELLO[2]], "bad_message"),
        ([MAGIC, HELLO[1], HELLO[2][:-3]], "bad_message"),
        ([MAGIC, HELLO[1], b"\x93\x01\x02\x03"], "bad_message"),
        ([MAGIC, os.urandom(500), os.urandom(500)], "bad_message"),
        ([MAGIC, b"\x00" * 2000, HELLO[2]], "message_too_large"),
        ([MAGIC, HELLO[1], b"\x00" * (DEFAULT_LIMITS.body + 1)], "message_too_large"),
        ([*HELLO, *[b"x"] * (DEFAULT_LIMITS.blobs + 1)], "message_too_large"),
        ([*HELLO, *[b"x"] * 20_000], "message_too_large"),
        ([MAGIC, b"\x83\xa4kind\xa5dance\xa2id\xa17\xa2re\xa0", b"\x80"], "unknown_kind"),
        (encode(Welcome(1, 0, "s", "v", 1, 1), id="1"), "bad_message"),
    ],
)
def test_what_is_not_understood_is_answered_and_does_no_harm(client: Any, frames: list[bytes], code: str) -> None:
    """Garbage, half and oversized messages get an error with its code, and the connection goes on."""
    client.socket.send_multipart(frames)
    assert code == client.receive().body.error.code
    assert isinstance(client.status(), Status)


def test_random_messages_are_all_answered(client: Any) -> None:
    """Three hundred messages of random frames, some rightly begun: each gets an error, none stops the loop."""
    random = Random(7)
    for _ in range(300):
        frames = [random.randbytes(random.randrange(60)) for _ in range(random.randrange(1, 7))]
        beginning = [[], [MAGIC], HELLO[:2]][random.randrange(3)]
        client.socket.send_multipart([*beginning, *frames])
        assert "error" == client.receive().header.kind
    assert isinstance(client.status(), Status)


def test_unknown_kinds_are_answered_under_their_id(client: Any) -> None:
    """A newer client sees at once which of its questions this daemon does not know."""
    client.socket.send_multipart([MAGIC, b"\x83\xa4kind\xa5dance\xa2id\xa277\xa2re\xa0", b"\x80"])
    answer = client.receive()
    assert ("77", "unknown_kind") == (answer.header.re, answer.body.error.code)


def test_a_frame_above_the_limit_is_dropped_before_it_is_read(shared_daemon: Any) -> None:
    """ZeroMQ cuts the connection; the daemon neither stores nor answers it, and the client may come back."""
    client = shared_daemon.greet()
    client.socket.send_multipart([*HELLO, bytes(DEFAULT_LIMITS.blob + 4096)], copy=False)
    # the socket reconnects by itself, and is a new connection then
    assert isinstance(shared_daemon.connect(client.client_id).hello(), Welcome)
    assert [] == shared_daemon.spooled()


@pytest.mark.parametrize(
    "said", [b"", b"\xff", b"GET / HTTP/1.1\r\n\r\n", b"\xff" + bytes(8) + b"\x7f\x03", os.urandom(4096)]
)
def test_half_greetings_do_no_harm(shared_daemon: Any, said: bytes) -> None:
    """Connections that do not even speak ZeroMQ, or break off in the middle."""
    port = int(shared_daemon.connection.endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(said)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(shared_daemon.connect().hello(), Welcome)


def _send_hello(socket: Any) -> None:
    """Without waiting: a connection that was refused already takes nothing, and would let the test wait for ever."""
    with contextlib.suppress(zmq.Again):
        socket.send_multipart(HELLO, zmq.NOBLOCK)


def test_a_strangers_key_is_refused(shared_daemon: Any, wait: Any) -> None:
    """Who knows the address and the daemon's public key, but has no key of its own on the list, does not get in.

    The log says from where it was tried.
    """
    public, secret = zmq.curve_keypair()
    stranger = shared_daemon.connect(client_public=public.decode(), client_secret=secret.decode())
    _send_hello(stranger.socket)
    assert zmq.EVENT_HANDSHAKE_FAILED_AUTH == stranger.handshake()
    assert not stranger.socket.poll(100)
    assert isinstance(shared_daemon.connect().hello(), Welcome)
    refusals = wait(
        lambda: [line for line in shared_daemon.log_lines() if line["event"] == "a key was refused"], "the log"
    )
    assert "127.0.0.1" == refusals[0]["address"]


def test_without_curve_nobody_gets_in(shared_daemon: Any) -> None:
    """There is no way to speak with the daemon in the clear."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as plain:
        plain.linger = 0
        plain.connect(shared_daemon.connection.endpoint)
        _send_hello(plain)
        assert not plain.poll(300)
    assert isinstance(shared_daemon.connect().hello(), Welcome)


def test_the_daemon_listens_on_this_machine_only(shared_daemon: Any) -> None:
    """Both sockets of the daemon are bound to the loopback address."""
    inodes = {str(path.readlink()) for path in Path(f"/proc/{shared_daemon.process.pid}/fd").iterdir()}
    listening = [
        line.split()[1].split(":")[0]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text(encoding="ascii").splitlines()[1:]
        if line.split()[3] == "0A" and f"socket:[{line.split()[9]}]" in inodes
    ]
    assert ["0100007F", "0100007F"] == listening


def test_connection_file_is_private_and_goes_at_the_end(start_daemon: Any) -> None:
    """Only the user may read the keys; a daemon that was stopped by `shutdown` leaves neither file nor process."""
    daemon = start_daemon()
    client = daemon.greet()
    path = daemon.state / "connection.json"
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert Stopping() == client.ask(Shutdown())
    assert 0 == daemon.wait()
    assert not path.exists()


def test_plan_and_catalogue_are_answered(client: Any) -> None:
    """The daemon describes what it can do, and says which rectangle a job needs."""
    catalogue = client.ask(GetCatalogue(rescan=True))
    assert {"txt2img", "copy"} <= {task.id for task in catalogue.tasks}
    model = next(model for model in catalogue.models if not model.problem)
    planned = client.ask(Plan("txt2img", model.id, 64, 64))
    assert isinstance(planned, Planned)
    assert Rect(0, 0, 64, 64) == planned.region


def test_plan_of_copy_needs_no_model(client: Any) -> None:
    """The diagnostic task works on a machine without any model."""
    assert Planned(Rect(0, 0, 30, 20), 30, 20) == client.ask(Plan("copy", "", 30, 20))
    assert Planned(Rect(10, 0, 20, 5), 20, 5) == client.ask(Plan("copy", "", 30, 20, Rect(10, -5, 90, 10)))
    assert "selection_outside_canvas" == client.refused(Plan("copy", "", 30, 20, Rect(40, 0, 9, 9))).code


def test_a_control_map_is_planned_and_run_without_a_model(client: Any, commanded: Any) -> None:
    """Plan, submit and fetch over the socket with the model ""; what cannot be made is refused at submit."""
    assert Planned(Rect(4, 0, 20, 9), 20, 9) == client.ask(Plan("control_map", "", 30, 20, Rect(4, -5, 20, 14)))
    control = ControlRequest("edges", ImageRef(0, 20, 9), prepared=False)
    request = replace(commanded(), task="control_map", model="", region=Rect(4, 0, 20, 9), controls=(control,))
    result = client.run(request, [bytes(20 * 9 * 4)]).body
    client.ask(Forget(result.job))
    (patch,) = result.patches
    assert (20, 9, 4, 0) == (patch.image.width, patch.image.height, patch.x, patch.y)
    refused = client.refused(Submit("b" * 32, replace(request, controls=())), [bytes(20 * 9 * 4)])
    assert ("invalid_value", True) == (refused.code, "exactly one control" in refused.message)
    depth = replace(request, controls=(replace(control, kind="depth"),))
    assert "estimators/depth" in client.refused(Submit("b" * 32, depth), [bytes(20 * 9 * 4)]).message


def test_refused_requests_leave_nothing(shared_daemon: Any, client: Any, copy_request: Any) -> None:
    """A blob of the wrong length and a request without its canvas are refused before anything is stored."""
    request, pixels = copy_request()
    assert "bad_message" == client.refused(Submit("a" * 32, request), [pixels[:-1]]).code
    assert "bad_message" == client.refused(Submit("a" * 32, request), []).code
    assert "invalid_value" == client.refused(Submit("a" * 32, request, previews=-1), [pixels]).code
    assert [] == shared_daemon.spooled()
    assert () == client.ask(ListJobs()).jobs


def test_a_slow_reader_gets_the_newest_state(shared_daemon: Any, commanded: Any, wait: Any) -> None:
    """Thousands of events fill the pipe of a client that does not read; it still hears how its job ended."""
    slow, quick = shared_daemon.greet("c" * 32), shared_daemon.greet("c" * 32)
    job = slow.submit(commanded(do="step", of=6_000))
    wait(lambda: quick.ask(ListJobs()).jobs[0].state == "succeeded", "the job's end")
    assert "succeeded" == slow.wait_for_end(job).state
    assert isinstance(quick.ask(ListJobs()).jobs[0], JobState)
