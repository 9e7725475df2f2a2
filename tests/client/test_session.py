"""Sessions: answers find their questions, the greeting checks versions, and silence ends."""

from collections.abc import Callable, Iterator

import pytest

from velatura_client.session import Session, make_hello
from velatura_client.transport import ZeroMqTransport
from velatura_protocol.envelope import Envelope
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import (
    Cancel,
    Catalogue,
    Error,
    Forget,
    Forgotten,
    GetCatalogue,
    GetStatus,
    JobState,
    ListJobs,
    Status,
    Stopping,
    Welcome,
)
from velatura_protocol.version import PROTOCOL_MAJOR, PROTOCOL_MINOR

HELLO = make_hello("0" * 32, "test")


@pytest.fixture
def session_with(fake_daemon: Callable) -> Iterator[Callable]:
    """Sessions with fake daemons that answer as the test wants."""
    made = []

    def start(answer: Callable = lambda _envelope: None) -> tuple:
        daemon = fake_daemon(answer)
        made.append(Session(ZeroMqTransport(daemon.connection)))
        return made[-1], daemon

    yield start
    for session in made:
        session.close()


def test_greeting_is_answered(session_with: Callable) -> None:
    """`greet` returns the daemon's welcome."""
    session, _daemon = session_with()

    assert session.greet(HELLO, 10).session == "s1"


@pytest.mark.parametrize("major", [0, 2])
def test_other_major_version_names_both(session_with: Callable, major: int) -> None:
    """An older and a newer protocol version end in one sentence that names both versions."""
    answer = Welcome(major, 7, "s", "9.9", 1, 1)
    session, _daemon = session_with(lambda _envelope: (answer, []))

    with pytest.raises(VelaturaError) as caught:
        session.greet(HELLO, 10)

    assert caught.value.info.code == "version_mismatch"
    assert f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}" in caught.value.info.message
    assert f"{major}.7" in caught.value.info.message


def test_newer_minor_version_is_welcome(session_with: Callable) -> None:
    """Minor versions mix."""
    session, _daemon = session_with(lambda _envelope: (Welcome(1, 99, "s", "9.9", 1, 1), []))

    assert session.greet(HELLO, 10).protocol_minor == 99


def test_answers_find_their_questions_in_any_order(session_with: Callable) -> None:
    """The first question is answered last; each callback gets its own answer."""
    waiting: list[Envelope] = []
    session, daemon = session_with(lambda envelope: waiting.append(envelope))
    got: dict[str, object] = {}
    session.request(GetStatus(), lambda reply: got.update(status=reply.body), lambda _error: None)
    session.request(Forget("a"), lambda reply: got.update(forgotten=reply.body), lambda _error: None)
    status = Status(1, "idle", 0, 0, 1.5)
    while len(waiting) < 2:
        session.step(0.02)

    daemon.send(Forgotten("a"), re=waiting[1].header.id)
    daemon.send(status, re=waiting[0].header.id)
    while len(got) < 2:
        session.step(0.1)

    assert got == {"status": status, "forgotten": Forgotten("a")}
    assert list(got) == ["forgotten", "status"]
    assert len(daemon.heard) == 2


def test_error_answer_is_raised(session_with: Callable) -> None:
    """`call` raises what the daemon answered, log id included."""
    info = ErrorInfo("unknown_model", "There is no such model.", log="4711")
    session, _daemon = session_with(lambda _envelope: (Error(info), []))

    with pytest.raises(VelaturaError) as caught:
        session.call(GetCatalogue())

    assert caught.value.info == info


def test_events_are_told_while_a_call_waits(session_with: Callable) -> None:
    """Events that come before an answer reach `on_event`."""
    session, daemon = session_with(
        lambda envelope: (Catalogue(), []) if isinstance(envelope.body, GetCatalogue) else (Stopping(), [])
    )
    events: list[object] = []
    session.on_event = lambda event: events.append(event.body)
    session.call(ListJobs())
    daemon.send(JobState("j", "running"))
    while not events:
        session.step(0.1)

    assert events == [JobState("j", "running")]
    assert session.call(GetCatalogue()).body == Catalogue()


def test_silence_ends_with_the_deadline(session_with: Callable) -> None:
    """A daemon that does not answer is `daemon_unreachable` after the deadline."""
    session, _daemon = session_with()

    with pytest.raises(VelaturaError) as caught:
        session.call(Cancel("j"), deadline_s=0.2)

    assert caught.value.info.code == "daemon_unreachable"


def test_garbage_from_the_daemon_is_ignored(session_with: Callable) -> None:
    """Frames that cannot be read neither raise nor reach anybody."""
    session, daemon = session_with(lambda _envelope: (Stopping(), []))
    events: list[object] = []
    session.on_event = events.append
    session.call(GetStatus())

    for frames in ([b""], [b"VLT1", b"\xc1", b"\x80"], [b"VLT1", b"\x81\xa4kind\xa6future", b"\x80"], [b"VLT1"]):
        daemon.send_frames(frames)

    assert session.call(GetStatus()).body == Stopping()
    assert events == []
