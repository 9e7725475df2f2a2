"""Menu actions against the real daemon with a test engine: from the selection to the layer."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from velatura_cli.bench.memory_editor import MemoryDocument, MemoryEditor
from velatura_client.actions import Actions, Choices, ControlChoice
from velatura_client.background import BackgroundClient
from velatura_client.editor import Pixels
from velatura_client.launcher import Launcher
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

COLOUR = (200, 40, 60, 255)


class Bench:
    """An editor with one document, its client and its actions."""

    def __init__(self, folder) -> None:
        random = np.random.default_rng(3)
        canvas = random.integers(0, 256, (300, 400, 4), np.uint8)
        canvas[..., 3] = 255
        self.editor = MemoryEditor(MemoryDocument(canvas))
        self.client = BackgroundClient(
            launcher=Launcher(folder=folder), deliver=self.editor.deliver, client_name="test", folder=folder
        )
        self.client.start()
        self.actions = Actions(editor=self.editor, client=self.client)

    @property
    def document(self) -> MemoryDocument:
        assert self.editor.document is not None
        return self.editor.document

    def until_over(self) -> None:
        self.until(lambda: bool(self.editor.finished or self.editor.errors))

    def until(self, condition: Callable[[], bool]) -> None:
        self.editor.run_until(condition, 60)


@pytest.fixture
def bench(shared_daemon) -> Iterator[Bench]:
    made = Bench(shared_daemon.folder)
    yield made
    made.client.stop()


def request_of(bench: Bench, index: int = 0) -> dict:
    return json.loads(bench.document.inserted[index].recipe)["request"]


def test_fill_puts_a_layer_over_the_selection(bench: Bench) -> None:
    """The selection becomes a layer named after the prompt: opaque there, transparent elsewhere."""
    bench.document.selected = Rect(100, 80, 60, 40)
    bench.actions.fill(Choices(prompt="a red boat", seed=11))
    bench.until_over()

    assert bench.editor.errors == []
    [layer] = bench.document.inserted
    assert layer.name == "a red boat"
    patch = np.frombuffer(layer.patch.data, np.uint8).reshape(layer.patch.height, layer.patch.width, 4)
    selected = patch[80 - layer.y : 120 - layer.y, 100 - layer.x : 160 - layer.x]
    assert {COLOUR} == {tuple(pixel) for pixel in selected.reshape(-1, 4).tolist()}
    assert int((patch[..., 3] > 0).sum()) == 60 * 40
    assert request_of(bench)["task"] == "inpaint"
    assert request_of(bench)["seed"] == 11
    assert bench.editor.finished[0][1] == "New layer: a red boat"


def test_progress_is_shown_from_the_first_moment(bench: Bench) -> None:
    """`Connecting` at once, then stages with steps and a fraction within 0..1."""
    bench.document.selected = Rect(100, 80, 60, 40)
    bench.actions.fill(Choices(prompt="x", steps=6))
    assert [shown.text for shown in bench.editor.progress] == ["Connecting"]
    bench.until_over()

    fractions = [shown.fraction for shown in bench.editor.progress if shown.fraction is not None]
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert len({shown.job for shown in bench.editor.progress}) == 1


def test_previews_are_shown_over_their_region(bench: Bench) -> None:
    """Each preview comes with the part of the document that it shows."""
    bench.document.selected = Rect(100, 80, 60, 40)
    bench.actions.fill(Choices(prompt="slow"))
    bench.until(lambda: len(bench.editor.previews) >= 3)
    bench.actions.cancel()
    bench.until_over()

    _job, preview, region = bench.editor.previews[0]
    assert (preview.width, preview.height, preview.channels) == (8, 8, "RGB")
    assert region.intersection(Rect(100, 80, 60, 40)) == Rect(100, 80, 60, 40)


def test_generate_covers_the_canvas_or_the_selection(bench: Bench) -> None:
    """Without a selection the whole picture, with one its bounds."""
    bench.actions.generate(Choices(prompt="sea"))
    bench.until_over()
    bench.document.selected = Rect(10, 20, 64, 48)
    bench.editor.finished.clear()
    bench.actions.generate(Choices(prompt="sea"))
    bench.until_over()

    first, second = bench.document.inserted
    assert (first.x, first.y, first.patch.width, first.patch.height) == (0, 0, 400, 300)
    assert (second.x, second.y, second.patch.width, second.patch.height) == (10, 20, 64, 48)


def test_refine_reads_the_layer_and_respects_a_selection(bench: Bench) -> None:
    """Without a selection img2img at the strength of refining; with one it stays inside."""
    bench.actions.refine(Choices(prompt="sea"))
    bench.until_over()
    bench.document.selected = Rect(10, 20, 64, 48)
    bench.editor.finished.clear()
    bench.actions.refine(Choices(prompt="sea", strength=0.3))
    bench.until_over()

    assert (request_of(bench, 0)["task"], request_of(bench, 0)["strength"]) == ("img2img", 0.6)
    assert (request_of(bench, 1)["task"], request_of(bench, 1)["strength"]) == ("inpaint", 0.3)


def test_several_pictures_become_numbered_layers(bench: Bench) -> None:
    """`count` layers, each with its own seed in its recipe."""
    bench.actions.generate(Choices(prompt="sea", count=3, seed=5, results="insert"))
    bench.until_over()

    assert [layer.name for layer in bench.document.inserted] == ["sea (1)", "sea (2)", "sea (3)"]
    assert [json.loads(layer.recipe)["seed"] for layer in bench.document.inserted] == [5, 6, 7]


def test_random_seeds_differ(bench: Bench) -> None:
    """Without a seed each job gets another one."""
    for _ in range(2):
        bench.editor.finished.clear()
        bench.actions.generate(Choices(prompt="sea"))
        bench.until_over()

    assert request_of(bench, 0)["seed"] != request_of(bench, 1)["seed"]


def test_fill_without_selection_says_so(bench: Bench) -> None:
    """An empty selection ends in a sentence; no layer."""
    bench.actions.fill(Choices(prompt="sea"))
    bench.until_over()

    assert "Nothing is selected" in bench.editor.errors[0][1]
    assert bench.document.inserted == []


def test_selection_outside_the_canvas_says_so(bench: Bench) -> None:
    """What the daemon refuses reaches the painter as its sentence."""
    bench.document.selected = Rect(1000, 1000, 10, 10)
    bench.actions.fill(Choices(prompt="sea"))
    bench.until_over()

    assert "outside the canvas" in bench.editor.errors[0][1]


def test_no_document_says_so(bench: Bench) -> None:
    """Without a picture nothing is begun."""
    bench.editor.document = None
    bench.actions.fill(Choices(prompt="sea"))

    assert bench.editor.errors == [("", "No picture is open. Open or create one first.")]


@pytest.mark.parametrize(
    ("choices", "part"),
    [
        (Choices(prompt="x", model="nonsense"), "no model named 'nonsense'"),
        (Choices(prompt="x", sampler="nonsense"), "nonsense"),
        (Choices(prompt="x", strength=0.0), "strength"),
        (Choices(prompt="x", strength=float("nan")), "strength"),
        (Choices(prompt="x", steps=0), "steps"),
        (Choices(prompt="x", seed=2**80), "seed"),
        (Choices(prompt="x" * 100_000), "100000"),
        (Choices(prompt="x", controls=(ControlChoice("nonsense"),)), "nonsense"),
    ],
)
def test_what_cannot_be_done_is_told(bench: Bench, choices: Choices, part: str) -> None:
    """Unknown names and impossible values: one error that names the fault, no layer."""
    bench.document.selected = Rect(100, 80, 60, 40)
    bench.actions.refine_selection(choices)
    bench.until_over()

    assert len(bench.editor.errors) == 1
    assert part in bench.editor.errors[0][1]
    assert bench.document.inserted == []


@pytest.mark.parametrize("prompt", ["🐈‍⬛ 🌊", "一只红色的狐狸", "half a surrogate \ud83d", "a\x00b"])
def test_odd_prompts_arrive(bench: Bench, prompt: str) -> None:
    """Emoji, Chinese and what toolkits let through make a layer."""
    bench.actions.generate(Choices(prompt=prompt))
    bench.until_over()

    assert bench.editor.errors == []
    assert len(bench.document.inserted) == 1


def test_cancel_ends_the_job_without_a_layer(bench: Bench) -> None:
    """A running job is cancelled; the editor hears that it is over."""
    bench.actions.generate(Choices(prompt="slow"))
    bench.until(lambda: any("Painting" in shown.text for shown in bench.editor.progress))
    bench.actions.cancel()
    bench.until_over()

    assert [message for _job, message in bench.editor.finished] == ["Cancelled."]
    assert bench.document.inserted == []


def test_cancel_before_the_daemon_answered(bench: Bench) -> None:
    """A job that is not submitted yet ends at once, and never begins."""
    bench.actions.generate(Choices(prompt="sea"))
    bench.actions.cancel()
    assert [message for _job, message in bench.editor.finished] == ["Cancelled."]
    bench.editor.finished.clear()
    bench.actions.generate(Choices(prompt="lake"))
    bench.until_over()

    assert [layer.name for layer in bench.document.inserted] == ["lake"]


def test_document_closed_while_the_job_runs(bench: Bench) -> None:
    """The job is cancelled, nothing is inserted, and the person is told."""
    bench.actions.generate(Choices(prompt="slow"))
    bench.until(lambda: any("Painting" in shown.text for shown in bench.editor.progress))
    bench.document.open = False
    bench.until_over()

    assert "closed" in bench.editor.finished[0][1]
    assert bench.document.inserted == []
    assert bench.editor.errors == []


def test_document_closed_by_an_editor_that_may_be_quitting(bench: Bench) -> None:
    """The job goes on, as editors close documents before they tell that they quit; the result is kept."""
    bench.editor.quitting_s = 3600.0
    bench.actions.generate(Choices(prompt="pause", steps=60))
    bench.until(lambda: any("Painting" in shown.text for shown in bench.editor.progress))
    bench.document.open = False
    bench.until_over()

    assert "The layer is kept" in bench.editor.finished[0][1]
    assert bench.document.inserted == []


def test_document_closed_before_submit(bench: Bench) -> None:
    """Closed while the daemon was still starting: nothing is read from it."""
    bench.actions.generate(Choices(prompt="sea"))
    bench.document.open = False
    bench.until_over()

    assert "closed" in bench.editor.finished[0][1]


def test_adapter_that_reads_a_wrong_size_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-read pixels never travel."""
    bench.document.selected = Rect(100, 80, 60, 40)
    monkeypatch.setattr(MemoryDocument, "read_mask", lambda _self, rect: Pixels(b"short", rect.width, rect.height, "Y"))
    bench.actions.fill(Choices(prompt="sea"))
    bench.until_over()

    assert "Please report this" in bench.editor.errors[0][1]


def test_worker_that_crashes_is_told(bench: Bench) -> None:
    """The process that makes the pictures dies: an error, and the next job works."""
    bench.actions.generate(Choices(prompt="crash"))
    bench.until_over()
    assert len(bench.editor.errors) == 1
    bench.editor.errors.clear()
    bench.actions.generate(Choices(prompt="sea"))
    bench.until_over()

    assert [layer.name for layer in bench.document.inserted] == ["sea"]


def test_a_job_that_failed_is_repeated_as_it_was(bench: Bench) -> None:
    """By one call: the very same request with the very same pixels, under an id of its own."""
    bench.actions.refine(Choices(prompt="crash", seed=3))
    bench.until_over()
    [(failed, _message)] = bench.editor.errors
    bench.editor.errors.clear()
    bench.document.canvas[:] = 0
    submitted: list = []
    submit = bench.client.submit

    def note(request, blobs, listener, *, job="", previews=True) -> str:
        submitted.append((request, [bytes(blob) for blob in blobs]))
        return submit(request, blobs, listener, job=job, previews=previews)

    bench.client.submit = note  # type: ignore[method-assign]
    repeated = bench.actions.repeat()
    bench.until_over()

    assert repeated not in ("", failed)
    [(request, blobs)] = submitted
    assert ("crash", 3, "img2img") == (request.prompt, request.seed, request.task)
    assert any(blobs[0])


@pytest.mark.parametrize("cause", ["model", "size"])
def test_what_failed_before_it_was_submitted_is_what_is_repeated(bench: Bench, monkeypatch, cause: str) -> None:
    """Not an earlier job: it is begun anew as it was asked for, and succeeds once its cause is gone."""
    bench.actions.refine(Choices(prompt="crash", seed=3))
    bench.until_over()
    [(earlier, _message)] = bench.editor.errors
    bench.editor.errors.clear()
    bench.document.selected = Rect(100, 80, 60, 40)
    with monkeypatch.context() as broken:
        # the one fails before the plan is asked for, the other when the pixels are read
        if cause == "model":
            broken.setattr("velatura_client.order.choose_model", _refuse)
        else:
            broken.setattr(bench.document, "read_mask", _refuse)
        failed = bench.actions.fill(Choices(prompt="a pier", seed=4))
        bench.until_over()
    assert [failed] == [job for job, _ in bench.editor.errors]
    assert (False, True) == (bench.actions.can_repeat(earlier), bench.actions.can_repeat(failed))
    bench.editor.errors.clear()
    repeated = bench.actions.repeat()
    bench.until_over()

    assert [] == bench.editor.errors
    assert repeated not in ("", earlier, failed)
    assert ("a pier", "inpaint") == (request_of(bench)["prompt"], request_of(bench)["task"])


def _refuse(*_arguments: object, **_named: object) -> None:
    raise VelaturaError("invalid_value", "Not today.")


def test_a_layer_that_was_not_taken_leaves_nothing_to_repeat(bench: Bench, monkeypatch) -> None:
    """The picture is painted and waits; the job that had failed before is not offered in its place."""
    bench.actions.refine(Choices(prompt="crash", seed=3))
    bench.until_over()
    bench.editor.errors.clear()
    monkeypatch.setattr(bench.document, "insert_layer", _refuse)
    bench.actions.generate(Choices(prompt="sea"))
    bench.until_over()
    [(failed, _message)] = bench.editor.errors
    bench.editor.finished.clear()

    assert not bench.actions.can_repeat(failed)
    assert "" == bench.actions.repeat()
    assert "Nothing has failed" in bench.editor.finished[0][1]


def test_nothing_to_repeat(bench: Bench) -> None:
    assert "" == bench.actions.repeat()
    assert "Nothing has failed" in bench.editor.finished[0][1]


def test_daemon_killed_while_a_job_runs(real_daemon) -> None:
    """`kill -9` of the daemon mid-job: the client starts it again, and the job's layer still comes."""
    bench = Bench(real_daemon.folder)
    try:
        bench.actions.generate(Choices(prompt="brief pause", steps=60))
        bench.until(lambda: any("Painting" in shown.text for shown in bench.editor.progress))
        first = real_daemon.pid
        real_daemon.kill()
        bench.until_over()

        assert bench.editor.errors == []
        assert [layer.name for layer in bench.document.inserted] == ["brief pause"]
        assert real_daemon.pid != first
        assert any("The daemon has ended" in shown.text for shown in bench.editor.progress)
    finally:
        bench.client.stop()


def test_result_waits_for_an_editor_that_was_closed(real_daemon) -> None:
    """The editor ends mid-job and starts again: the job is listed and its result can still be fetched."""
    first = Bench(real_daemon.folder)
    first.actions.generate(Choices(prompt="brief pause", steps=40))
    first.until(lambda: any("Painting" in shown.text for shown in first.editor.progress))
    job = first.editor.progress[0].job
    first.client.stop()
    second = Bench(real_daemon.folder)
    try:
        listed: list = []
        results: list = []

        class Hearer:
            def on_state(self, state) -> None: ...
            def on_interrupted(self) -> None: ...
            def on_preview(self, preview, pixels) -> None: ...
            def on_error(self, error) -> None:
                results.append(error)

            def on_result(self, result, blobs) -> None:
                results.append(result.request.prompt)

        second.client.jobs(listed.append, listed.append)
        second.until(lambda: bool(listed))
        second.client.watch(job, Hearer())
        second.until(lambda: bool(results))

        assert [state.job for state in listed[0].jobs] == [job]
        assert results == ["brief pause"]
    finally:
        second.client.stop()
