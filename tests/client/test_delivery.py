"""When a result counts as delivered, where its layers go, and what becomes of results that nobody took."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from velatura_cli.bench.memory_editor import MemoryDocument, MemoryEditor
from velatura_client.actions import Actions, Choices
from velatura_client.background import BackgroundClient
from velatura_client.launcher import Launcher
from velatura_protocol.catalogue import ModelDescription, TaskDescription
from velatura_protocol.envelope import Envelope
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import (
    Catalogue,
    Error,
    Fetch,
    Forget,
    Forgotten,
    GetCatalogue,
    Jobs,
    JobState,
    ListJobs,
    Patch,
    Plan,
    Planned,
    Result,
    Submit,
    Watch,
)
from velatura_protocol.request import GenerationRequest

WIDTH, HEIGHT = 40, 30
EARLIER = "e" * 32
CATALOGUE = Catalogue(
    models=(ModelDescription("m", "M", "sd1", ("txt2img",), WIDTH, HEIGHT),),
    tasks=(TaskDescription("txt2img", "Generate"),),
)
REQUEST = GenerationRequest(
    task="txt2img", model="m", canvas_width=WIDTH, canvas_height=HEIGHT, region=Rect(4, 5, 2, 2), prompt="a pier"
)


class HeldDocument(MemoryDocument):
    """Its painter's brush is down until ``lift``."""

    held = True

    def when_free(self, task: Callable[[], None]) -> None:
        self.task = task
        if not self.held:
            task()

    def lift(self) -> None:
        self.held = False
        self.task()


class ResultDaemon:
    """Answers as the daemon does: a submitted job succeeds at once. ``states``: the jobs that it has, in order.
    ``request``: of those that were submitted before."""

    def __init__(self, *states: JobState, request: GenerationRequest = REQUEST) -> None:
        self.earlier = request
        self.states = {state.job: state for state in states}
        self.requests: dict[str, GenerationRequest] = {}
        self.count = 1

    def __call__(self, envelope: Envelope):
        body = envelope.body
        if isinstance(body, GetCatalogue):
            return CATALOGUE, []
        if isinstance(body, Plan):
            return Planned(REQUEST.region, 8, 8), []
        if isinstance(body, ListJobs):
            return Jobs(tuple(self.states.values())), []
        if isinstance(body, Submit):
            self.requests[body.job] = body.request
            self.states[body.job] = JobState(body.job, "succeeded", label=body.request.prompt)
        if isinstance(body, (Submit, Watch, Fetch)) and body.job not in self.states:
            return Error(ErrorInfo("job_unknown", "This job is not known. Run it again.")), []
        if isinstance(body, (Submit, Watch)):
            return self.states[body.job], []
        if isinstance(body, Fetch):
            patches = tuple(Patch(ImageRef(index, 2, 2, "RGBA"), 4, 5, 7) for index in range(self.count))
            return Result(body.job, self.requests.get(body.job, self.earlier), patches), [bytes(16)] * self.count
        if isinstance(body, Forget):
            self.states.pop(body.job, None)
            return Forgotten(body.job), []
        return None


class Bench:
    """An editor with a document and a client that starts no daemon."""

    def __init__(self, folder: Path, document: MemoryDocument) -> None:
        self.document = document
        self.editor = MemoryEditor(document)
        launcher = Launcher(folder=folder, may_start=False)
        self.client = BackgroundClient(
            launcher=launcher, deliver=self.editor.deliver, client_name="test", folder=folder
        )
        self.client.start()
        self.actions = Actions(editor=self.editor, client=self.client)

    def until(self, condition: Callable[[], bool]) -> None:
        self.editor.run_until(condition, 20)

    def until_over(self) -> None:
        self.until(lambda: bool(self.editor.finished or self.editor.errors))

    def settle(self) -> None:
        """Returns when the daemon has answered everything that was sent so far."""
        answers: list[Catalogue] = []
        self.client.catalogue(answers.append, lambda _error: None)
        self.until(lambda: bool(answers))

    @property
    def waiting(self) -> list[str]:
        return [result.label for result in self.editor.waiting]


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def start(document: "MemoryDocument | None" = None) -> Bench:
        made.append(Bench(tmp_path, document or MemoryDocument(blank())))
        return made[-1]

    yield start
    for bench in made:
        bench.client.stop()


def blank() -> np.ndarray:
    return np.zeros((HEIGHT, WIDTH, 4), np.uint8)


def forgotten(daemon) -> list[str]:
    return [body.job for body in daemon.heard if isinstance(body, Forget)]


def test_result_is_kept_until_the_layer_is_in(fake_daemon, open_bench) -> None:
    """While the brush is down the daemon keeps the result; once the layer is in the document it may delete it."""
    daemon = fake_daemon(ResultDaemon())
    document = HeldDocument(blank())
    bench = open_bench(document)
    bench.actions.generate(Choices(prompt="sea"))
    bench.until(lambda: hasattr(document, "task"))
    bench.settle()
    assert (document.inserted, bench.editor.finished, forgotten(daemon)) == ([], [], [])
    document.lift()
    bench.until(lambda: bool(forgotten(daemon)))

    assert [layer.name for layer in document.inserted] == ["sea"]
    assert [message for _job, message in bench.editor.finished] == ["New layer: sea"]


def test_several_pictures_wait_for_the_brush_and_come_together(fake_daemon, open_bench) -> None:
    """Two pictures of one result are one group and so one undo step; the job is forgotten when it is in."""
    answers = ResultDaemon()
    answers.count = 2
    daemon = fake_daemon(answers)
    document = HeldDocument(blank())
    bench = open_bench(document)
    bench.actions.generate(Choices(prompt="sea", count=2, results="insert"))
    bench.until(lambda: hasattr(document, "task"))
    bench.settle()
    assert (document.inserted, forgotten(daemon)) == ([], [])
    document.lift()
    bench.until(lambda: bool(forgotten(daemon)))

    assert [(layer.name, layer.group) for layer in document.inserted] == [("sea (1)", "sea"), ("sea (2)", "sea")]


def test_document_closed_while_the_result_waits(fake_daemon, open_bench) -> None:
    """The result stays with the daemon and is offered again; the person is told."""
    daemon = fake_daemon(ResultDaemon())
    document = HeldDocument(blank())
    bench = open_bench(document)
    bench.actions.generate(Choices(prompt="sea"))
    bench.until(lambda: hasattr(document, "task"))
    document.open = False
    document.lift()
    bench.until(lambda: bool(bench.waiting))

    assert bench.waiting == ["sea"]
    assert "closed before its layer was in it" in bench.editor.finished[0][1]
    assert (document.inserted, forgotten(daemon)) == ([], [])


def test_document_that_refuses_the_layer(fake_daemon, open_bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the adapter raises is shown, and the result stays with the daemon and is offered again."""

    def refuse(*_arguments: object, **_named: object) -> None:
        raise VelaturaError("internal", "The editor did not take it. Try again.")

    daemon = fake_daemon(ResultDaemon())
    bench = open_bench()
    monkeypatch.setattr(bench.document, "insert_layer", refuse)
    bench.actions.generate(Choices(prompt="sea"))
    bench.until(lambda: bool(bench.waiting))

    assert [message for _job, message in bench.editor.errors] == ["The editor did not take it. Try again."]
    assert forgotten(daemon) == []


def test_cancel_while_the_result_waits(fake_daemon, open_bench) -> None:
    """Cancelled while the brush is down: no layer comes, and the daemon may delete the result."""
    daemon = fake_daemon(ResultDaemon())
    document = HeldDocument(blank())
    bench = open_bench(document)
    bench.actions.generate(Choices(prompt="sea"))
    bench.until(lambda: hasattr(document, "task"))
    bench.actions.cancel()
    document.lift()
    bench.until(lambda: bool(forgotten(daemon)))

    assert [message for _job, message in bench.editor.finished] == ["Cancelled."]
    assert document.inserted == []


def test_layer_goes_above_the_one_the_job_was_begun_on(fake_daemon, open_bench) -> None:
    """The layer that was active at the menu action counts, whatever is active when the result comes."""
    fake_daemon(ResultDaemon())
    bench = open_bench()
    bench.document.active, bench.document.others = "grass", ("ink", "grass")
    bench.document.layer_alpha = lambda _layer, rect: bytes(rect.width * rect.height)
    bench.actions.generate(Choices(prompt="sea"))
    bench.document.active = "ink"
    bench.until_over()

    assert [layer.above for layer in bench.document.inserted] == ["grass"]


def test_result_of_an_earlier_run_is_offered_and_inserted(fake_daemon, open_bench) -> None:
    """It is offered with its prompt; inserted it goes to its place above the active layer and leaves the daemon."""
    daemon = fake_daemon(ResultDaemon(JobState(EARLIER, "succeeded", label="a pier")))
    bench = open_bench()
    bench.actions.waiting.look()
    bench.until(lambda: bool(bench.waiting))
    assert (bench.waiting, forgotten(daemon), bench.document.inserted) == (["a pier"], [], [])
    bench.document.active = "grass"
    bench.actions.waiting.insert(EARLIER)
    bench.until(lambda: bool(forgotten(daemon)))

    [layer] = bench.document.inserted
    assert (layer.name, layer.x, layer.y, layer.above) == ("a pier", 4, 5, "grass")
    assert [message for _job, message in bench.editor.finished] == ["New layer: a pier"]
    assert (bench.waiting, bench.editor.errors) == ([], [])


def test_insert_finds_the_oldest_by_itself(fake_daemon, open_bench) -> None:
    """The menu action needs no offer before it; without anything that waits it says so."""
    daemon = fake_daemon(ResultDaemon(JobState(EARLIER, "succeeded"), JobState("f" * 32, "succeeded", label="x")))
    bench = open_bench()
    bench.actions.waiting.insert()
    bench.until(lambda: bool(forgotten(daemon)))
    assert (forgotten(daemon), bench.waiting) == ([EARLIER], ["x"])
    bench.actions.waiting.discard("f" * 32)
    bench.actions.waiting.insert()
    bench.until(lambda: len(bench.editor.finished) == 2)

    assert bench.editor.finished[1] == ("", "No finished picture is waiting.")


def test_discarded_result_is_forgotten(fake_daemon, open_bench) -> None:
    """Discarding takes the offer away and lets the daemon delete the result; nothing is inserted."""
    daemon = fake_daemon(ResultDaemon(JobState(EARLIER, "succeeded", label="a pier")))
    bench = open_bench()
    bench.actions.waiting.look()
    bench.until(lambda: bool(bench.waiting))
    bench.actions.waiting.discard(EARLIER)
    bench.until(lambda: bool(forgotten(daemon)))

    assert (bench.waiting, bench.document.inserted, bench.editor.errors) == ([], [], [])


def test_earlier_result_for_a_picture_of_another_size(fake_daemon, open_bench) -> None:
    """It is inserted at its place all the same, with a sentence that says why it may not fit."""
    fake_daemon(ResultDaemon(JobState(EARLIER, "succeeded", label="a pier")))
    bench = open_bench(MemoryDocument(np.zeros((HEIGHT, WIDTH + 1, 4), np.uint8)))
    bench.actions.waiting.insert()
    bench.until_over()

    assert [(layer.x, layer.y) for layer in bench.document.inserted] == [(4, 5)]
    assert "made for a picture of 40 x 30 pixels" in bench.editor.finished[0][1]


def test_earlier_result_that_extends_its_picture(fake_daemon, open_bench) -> None:
    """It lies where it was begun, beyond the canvas too; it is for a picture of the document's size, not larger."""
    document = Rect(30, 9, WIDTH, HEIGHT)
    extended = dataclasses.replace(
        REQUEST, canvas_width=document.right, canvas_height=document.bottom, document=document
    )
    fake_daemon(ResultDaemon(JobState(EARLIER, "succeeded", label="a pier"), request=extended))
    bench = open_bench()
    bench.actions.waiting.insert()
    bench.until_over()

    assert [(4 - 30, 5 - 9)] == [(layer.x, layer.y) for layer in bench.document.inserted]
    assert "made for a picture" not in bench.editor.finished[0][1]


def test_job_of_an_earlier_run_that_still_runs(fake_daemon, open_bench) -> None:
    """It is offered as soon as it is finished, not before."""
    answers = ResultDaemon(JobState(EARLIER, "running", label="a pier"))
    daemon = fake_daemon(answers)
    bench = open_bench()
    bench.actions.waiting.look()
    bench.until(lambda: any(isinstance(body, Watch) for body in daemon.heard))
    bench.settle()
    assert bench.waiting == []
    answers.states[EARLIER] = dataclasses.replace(answers.states[EARLIER], state="succeeded")
    daemon.send(answers.states[EARLIER])
    bench.until(lambda: bool(bench.waiting))

    assert (bench.waiting, forgotten(daemon)) == (["a pier"], [])


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_earlier_job_without_a_result_is_cleared_away(fake_daemon, open_bench, state: str) -> None:
    """Nobody is bothered with it."""
    daemon = fake_daemon(ResultDaemon(JobState(EARLIER, state, error=ErrorInfo("internal", "It failed."))))
    bench = open_bench()
    bench.actions.waiting.look()
    bench.until(lambda: bool(forgotten(daemon)))

    assert (bench.waiting, bench.editor.errors, bench.editor.finished) == ([], [], [])


def test_offer_that_has_gone_is_told(fake_daemon, open_bench) -> None:
    """Taken by another window of the editor meanwhile: the painter reads why, and the offer is gone."""
    answers = ResultDaemon(JobState(EARLIER, "succeeded", label="a pier"))
    fake_daemon(answers)
    bench = open_bench()
    bench.actions.waiting.look()
    bench.until(lambda: bool(bench.waiting))
    answers.states.clear()
    bench.actions.waiting.insert(EARLIER)
    bench.until_over()

    assert [message for _job, message in bench.editor.errors] == ["This picture is not waiting any more."]
    assert bench.waiting == []


def test_look_without_a_daemon_is_silent(open_bench) -> None:
    """Nobody asked for anything yet, so nobody reads an error."""
    bench = open_bench()
    bench.actions.waiting.look()
    failures: list[ErrorInfo] = []
    bench.client.catalogue(lambda _catalogue: None, failures.append)
    bench.until(lambda: bool(failures))

    assert (bench.editor.errors, bench.editor.finished, bench.waiting) == ([], [], [])


def test_first_action_looks_for_earlier_results(fake_daemon, open_bench) -> None:
    """Without a look before it, and without offering the action's own job."""
    fake_daemon(ResultDaemon(JobState(EARLIER, "succeeded", label="a pier")))
    bench = open_bench()
    bench.actions.generate(Choices(prompt="sea"))
    bench.until_over()

    assert bench.waiting == ["a pier"]
    assert [layer.name for layer in bench.document.inserted] == ["sea"]
