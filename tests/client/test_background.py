"""The background client: nothing waits, everything arrives on the editor's thread, interruptions are survived."""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from velatura_client.background import BackgroundClient
from velatura_client.launcher import Launcher
from velatura_protocol.envelope import Envelope
from velatura_protocol.errors import ErrorInfo
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import (
    Cancel,
    Catalogue,
    Fetch,
    Forget,
    Forgotten,
    GetCatalogue,
    JobState,
    Preview,
    Result,
    Submit,
    Watch,
)
from velatura_protocol.request import GenerationRequest

REQUEST = GenerationRequest(task="txt2img", model="m", canvas_width=8, canvas_height=8, region=Rect(0, 0, 8, 8))


class Hearer:
    """A listener that keeps everything, and on which thread it came."""

    def __init__(self) -> None:
        self.states: list[JobState] = []
        self.previews: list[Preview] = []
        self.results: list[tuple[Result, list[bytes]]] = []
        self.errors: list[ErrorInfo] = []
        self.threads: set[int] = set()

    def on_state(self, state: JobState) -> None:
        self.threads.add(threading.get_ident())
        self.states.append(state)

    def on_interrupted(self) -> None:
        pass

    def on_preview(self, preview: Preview, pixels: bytes) -> None:
        self.previews.append(preview)

    def on_result(self, result: Result, blobs: Sequence[bytes]) -> None:
        self.results.append((result, [bytes(blob) for blob in blobs]))

    def on_error(self, error: ErrorInfo) -> None:
        self.errors.append(error)


@pytest.fixture
def client(tmp_path: Path, loop) -> Iterator[BackgroundClient]:
    """A client that finds daemons in the test's folder and starts none."""
    launcher = Launcher(folder=tmp_path, may_start=False)
    client = BackgroundClient(launcher=launcher, deliver=loop.deliver, client_name="test", folder=tmp_path)
    client.start()
    yield client
    client.stop()


def heard(daemon, kind: type) -> list:
    return [body for body in daemon.heard if isinstance(body, kind)]


def test_job_from_submit_to_result(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """States and the result with its pixels, delivered on the editor's thread; the daemon keeps it until `forget`."""

    def answer(envelope: Envelope):
        body = envelope.body
        if isinstance(body, Submit):
            return JobState(body.job, "succeeded"), []
        if isinstance(body, Fetch):
            return Result(body.job, REQUEST), [b"pixels"]
        if isinstance(body, GetCatalogue):
            return Catalogue(), []
        return (Forgotten(body.job), []) if isinstance(body, Forget) else None

    daemon = fake_daemon(answer)
    hearer = Hearer()
    job = client.submit(REQUEST, [], hearer)
    loop.until(lambda: bool(hearer.results))
    catalogues: list[Catalogue] = []
    client.catalogue(catalogues.append, lambda _error: None)
    loop.until(lambda: bool(catalogues))
    assert heard(daemon, Forget) == []
    client.forget(job)
    loop.until(lambda: bool(heard(daemon, Forget)))

    assert [state.state for state in hearer.states] == ["succeeded"]
    assert hearer.results == [(Result(job, REQUEST), [b"pixels"])]
    assert heard(daemon, Forget) == [Forget(job)]
    assert hearer.threads == {loop.thread}


def test_result_is_not_forgotten_when_the_editor_failed(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """An exception while the layer is inserted leaves the result with the daemon."""

    def answer(envelope: Envelope):
        body = envelope.body
        if isinstance(body, Submit):
            return JobState(body.job, "succeeded"), []
        if isinstance(body, Fetch):
            return Result(body.job, REQUEST), []
        return (Catalogue(), []) if isinstance(body, GetCatalogue) else None

    class Failing(Hearer):
        def on_result(self, result: Result, blobs: Sequence[bytes]) -> None:
            raise MemoryError

    daemon = fake_daemon(answer)
    client.submit(REQUEST, [], Failing())
    with pytest.raises(MemoryError):
        loop.until(lambda: False)
    answers: list[Catalogue] = []
    client.catalogue(answers.append, lambda _error: None)
    loop.until(lambda: bool(answers))

    assert heard(daemon, Forget) == []


def test_preview_credit_is_given_back_after_showing(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """A new preview is asked for only when the editor has shown the last one."""
    daemon = fake_daemon(
        lambda envelope: (
            (JobState(envelope.body.job, "running"), []) if isinstance(envelope.body, (Submit, Watch)) else None
        )
    )
    hearer = Hearer()
    job = client.submit(REQUEST, [], hearer)
    loop.until(lambda: bool(hearer.states))
    assert heard(daemon, Submit)[0].previews == 1
    daemon.send(Preview(job, 1, 4, ImageRef(0, 1, 1, "RGB")), blobs=[b"abc"])
    assert heard(daemon, Watch) == []
    loop.until(lambda: bool(heard(daemon, Watch)))

    assert [preview.step for preview in hearer.previews] == [1]
    assert heard(daemon, Watch) == [Watch(job, 1)]


def test_job_goes_on_after_the_daemon_came_back(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """The daemon dies and another takes over: the job is watched there, and its result fetched."""
    states = ["running"]

    def answer(envelope: Envelope):
        body = envelope.body
        if isinstance(body, (Submit, Watch)):
            return JobState(body.job, states[-1]), []
        return (Result(body.job, REQUEST), []) if isinstance(body, Fetch) else None

    first = fake_daemon(answer)
    hearer = Hearer()
    job = client.submit(REQUEST, [b"x"], hearer)
    loop.until(lambda: bool(hearer.states))
    states.append("succeeded")
    second = fake_daemon(answer, session="s2")
    first.stop()
    loop.until(lambda: bool(hearer.results))

    assert heard(second, Submit) == []  # it was accepted: only watched again
    assert heard(second, Watch)[0].job == job
    assert hearer.errors == []


def test_submit_without_answer_is_sent_again(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """A daemon that dies before it accepted the job: the next one gets the same job with its pixels."""
    first = fake_daemon()
    hearer = Hearer()
    job = client.submit(REQUEST, [b"pixels"], hearer)
    loop.until(lambda: bool(heard(first, Submit)))
    second = fake_daemon(
        lambda envelope: (JobState(envelope.body.job, "cancelled"), []) if isinstance(envelope.body, Submit) else None,
        session="s2",
    )
    first.stop()
    loop.until(lambda: bool(hearer.states))

    assert [body.job for body in heard(second, Submit)] == [job]
    assert [state.state for state in hearer.states] == ["cancelled"]


def test_no_daemon_is_an_error_not_silence(client: BackgroundClient, loop) -> None:
    """Questions and jobs alike hear that there is no daemon, and what to do."""
    hearer = Hearer()
    failures: list[ErrorInfo] = []
    client.catalogue(lambda _catalogue: None, failures.append)
    client.submit(REQUEST, [], hearer)
    loop.until(lambda: bool(failures and hearer.errors))

    assert failures[0].code == "daemon_unreachable"
    assert "velatura daemon start" in failures[0].message
    assert hearer.errors[0].code == "daemon_unreachable"


def test_client_recovers_once_a_daemon_is_there(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """After a failure the next question looks for the daemon again."""
    failures: list[ErrorInfo] = []
    answers: list[Catalogue] = []
    client.catalogue(answers.append, failures.append)
    loop.until(lambda: bool(failures))
    fake_daemon(lambda envelope: (Catalogue(), []) if isinstance(envelope.body, GetCatalogue) else None)
    client.catalogue(answers.append, failures.append)
    loop.until(lambda: bool(answers))

    assert len(failures) == 1


def test_failed_job_says_why_and_is_forgotten(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """The daemon's error reaches the listener; nothing stays behind in the daemon."""
    error = ErrorInfo("out_of_memory", "The picture is too large. Choose a smaller one.")
    daemon = fake_daemon(
        lambda envelope: (
            (JobState(envelope.body.job, "failed", error=error), []) if isinstance(envelope.body, Submit) else None
        )
    )
    hearer = Hearer()
    job = client.submit(REQUEST, [], hearer)
    loop.until(lambda: bool(hearer.errors and heard(daemon, Forget)))

    assert hearer.errors == [error]
    assert heard(daemon, Forget) == [Forget(job)]


def test_cancel_is_sent_and_its_end_told(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """`cancel` reaches the daemon by the job's id; the listener hears `cancelled`."""

    def answer(envelope: Envelope):
        body = envelope.body
        if isinstance(body, Submit):
            return JobState(body.job, "running"), []
        return (JobState(body.job, "cancelled"), []) if isinstance(body, Cancel) else None

    daemon = fake_daemon(answer)
    hearer = Hearer()
    job = client.submit(REQUEST, [], hearer)
    loop.until(lambda: bool(hearer.states))
    client.cancel(job)
    loop.until(lambda: len(hearer.states) == 2)

    assert heard(daemon, Cancel) == [Cancel(job)]
    assert hearer.states[-1].state == "cancelled"


def test_daemon_that_always_dies_ends_the_job(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """A job under which the daemon ends again and again fails instead of restarting it for ever."""
    hearer = Hearer()
    daemons = [fake_daemon()]
    client.submit(REQUEST, [], hearer)
    while not hearer.errors and len(daemons) < 10:
        loop.until(lambda: bool(heard(daemons[-1], Submit) or hearer.errors))
        daemons.append(fake_daemon(session=f"s{len(daemons)}"))
        daemons[-2].stop()

    assert hearer.errors[0].code == "worker_died"
    assert len(daemons) == 6


def test_stop_delivers_nothing_more(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """What was delivered but not yet run when the editor stops the client does nothing."""
    daemon = fake_daemon(lambda envelope: (Catalogue(), []) if isinstance(envelope.body, GetCatalogue) else None)
    answers: list[Catalogue] = []
    client.catalogue(answers.append, lambda _error: None)
    while not heard(daemon, GetCatalogue):
        pass
    client.stop()
    with pytest.raises(AssertionError, match="did not happen"):
        loop.until(lambda: bool(answers), deadline_s=0.3)


def test_stop_ends_the_thread_while_it_looks_for_a_daemon(
    tmp_path: Path, loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that never comes up does not hold the editor: `stop` ends the waiting."""
    monkeypatch.setenv("VELATURA_DAEMON_COMMAND", json.dumps([sys.executable, "-c", "import time; time.sleep(3)"]))
    launcher = Launcher(folder=tmp_path)
    client = BackgroundClient(launcher=launcher, deliver=loop.deliver, client_name="test", folder=tmp_path)
    client.start()
    client.catalogue(lambda _catalogue: None, lambda _error: None)
    loop.until(lambda: (tmp_path / "start.log").exists())
    client.stop(10)

    assert not client.is_running


def test_what_was_forgotten_is_told_to_the_next_daemon(client: BackgroundClient, fake_daemon: Callable, loop) -> None:
    """A layer went in while the daemon was gone, or just as it went: it would offer that picture once more."""

    def answer(envelope: Envelope):
        body = envelope.body
        if isinstance(body, GetCatalogue):
            return Catalogue(), []
        return (Forgotten(body.job), []) if isinstance(body, Forget) and body.job in known else None

    known: list[str] = []
    first = fake_daemon(answer)
    answers: list[Catalogue] = []
    client.catalogue(answers.append, lambda _error: None)
    loop.until(lambda: bool(answers))
    client.forget("a" * 32)  # heard, but never answered
    loop.until(lambda: bool(heard(first, Forget)))
    first.stop()
    client.forget("b" * 32)
    known += ["a" * 32, "b" * 32]
    second = fake_daemon(answer, session="s2")
    client.catalogue(answers.append, lambda _error: None)
    loop.until(lambda: len(answers) == 2 and len(heard(second, Forget)) == 2)
    third = fake_daemon(answer, session="s3")
    second.stop()
    client.catalogue(answers.append, lambda _error: None)
    loop.until(lambda: len(answers) == 3)

    assert {"a" * 32, "b" * 32} == {body.job for body in heard(second, Forget)}
    assert heard(third, Forget) == []
