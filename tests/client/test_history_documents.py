"""The history of several documents: each its own, kept in it, true after undo; no result is ever lost."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from velatura_client import history as history_module
from velatura_client import history_store, shelf
from velatura_client.history_store import (
    INDEX,
    LARGEST_INDEX,
    MOST_JOBS,
    job_text,
    read_index,
    thumbnail_of,
    write_index,
)
from velatura_client.packing import Inputs
from velatura_protocol.errors import VelaturaError

from .history_studio import Studio, pixels_of

NAMES = ("a", "b", "c")


@pytest.fixture(autouse=True)
def look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the last look took."""
    monkeypatch.setattr(shelf, "LOOK_SHARE", float("inf"))


@pytest.fixture
def studio() -> Studio:
    return Studio()


def prompts(studio: Studio) -> list[str]:
    return [item.prompt for item in studio.items()]


def test_each_document_has_its_own(studio: Studio) -> None:
    """The list follows the active document; a result for another one waits there."""
    studio.open("a")
    studio.open("b")
    studio.finish("b")
    studio.finish("a")
    assert ["picture 100"] == prompts(studio)
    studio.open("a")
    assert ["picture 200"] == prompts(studio)
    studio.close("a")
    assert ["picture 100"] == prompts(studio)
    studio.close("b")
    assert [] == prompts(studio)


@pytest.mark.parametrize("deed", ["apply", "again", "make_again"])
def test_hidden_document_is_not_touched(studio: Studio, deed: str) -> None:
    """Whoever still has the key of another document's picture reads a sentence, and nothing happens."""
    hidden = studio.open("a")
    studio.finish("a")
    key = studio.items()[0].key
    seen = studio.open("b")
    with pytest.raises(VelaturaError, match="another document"):
        getattr(studio.history, deed)(key)
    assert ([], [], []) == (hidden.inserted, seen.inserted, studio.begun)


def test_what_was_undone_is_not_in_the_picture(studio: Studio) -> None:
    """After undo, after redo, and when the layer is deleted; a second layer of the same picture counts too."""
    document = studio.open("a")
    studio.finish("a")
    key = studio.items()[0].key

    def is_applied() -> bool:
        studio.history.look()
        return studio.items()[0].is_applied

    seen = [is_applied()]
    studio.history.apply(key)
    for deed in (lambda: None, document.undo, document.redo, lambda: document.delete_layer(0), document.undo):
        deed()
        seen.append(is_applied())
    assert [False, True, False, True, False, True] == seen
    studio.history.apply(key)
    document.undo()
    assert is_applied()


def test_undecided_picture_after_a_restart(studio: Studio) -> None:
    """It is there again with its thumbnail when the file is opened, its pixels come from the daemon, and then go."""
    studio.open("a")
    job = studio.finish("a", count=2)
    before = studio.items()
    studio.save("a")
    studio.restart()
    assert [job] == [one.job for one in studio.offered]
    document = studio.open("a")

    assert [] == studio.offered
    assert before == studio.items()
    studio.history.show(before[0].key)
    studio.run()
    assert pixels_of(100) == bytes(studio.editor.on_canvas[0].data)
    assert [True, False] == [item.is_shown for item in studio.items()]
    studio.history.apply_group(job)
    studio.run()
    assert [pixels_of(100), pixels_of(101)] == [bytes(layer.patch.data) for layer in document.inserted]
    assert [job] == studio.daemon.forgotten


def test_place_is_followed_over_a_restart(studio: Studio) -> None:
    """The image was scaled to twice its size before it was opened: so is what is applied now, at its place."""
    document = studio.open("a")
    canvas = np.random.default_rng(5).integers(0, 256, (12, 16, 4), np.uint8).repeat(4, 0).repeat(4, 1)
    document.canvas = canvas
    studio.finish("a")
    studio.save("a")
    studio.restart()
    document = studio.open("a")
    document.canvas = canvas.repeat(2, 0).repeat(2, 1)
    studio.history.apply(studio.items()[0].key)
    studio.run()
    [layer] = document.inserted
    assert (0, 0, 16, 16) == (layer.x, layer.y, layer.patch.width, layer.patch.height)


def test_applied_picture_after_a_restart(studio: Studio) -> None:
    """The daemon has nothing any more: the pixels are those of the layer."""
    document = studio.open("a")
    studio.finish("a", count=2, at_once=True)
    studio.save("a")
    studio.restart()
    document = studio.open("a")
    assert [True, True] == [item.is_applied for item in studio.items()]
    studio.history.apply(studio.items()[1].key)
    assert pixels_of(101) == bytes(document.inserted[-1].patch.data)


def test_lost_picture_says_so_and_is_made_again(studio: Studio) -> None:
    """Neither daemon nor layer has it: the very same request with its seed alone; then the lost one leaves the list."""
    document = studio.open("a")
    studio.finish("a", count=2, at_once=True)
    document.delete_layer(0)
    document.delete_layer(0)
    studio.save("a")
    studio.restart()
    studio.open("a")
    item = studio.items()[1]
    assert (True, True) == (item.is_lost, item.can_be_made_again)
    with pytest.raises(VelaturaError, match="Make Again"):
        studio.history.show(item.key)

    studio.history.make_again(item.key)
    [(request, names, inputs)] = studio.begun
    assert (101, 1, "picture 100", (), None) == (request.seed, request.count, request.prompt, names, inputs)
    studio.finish_request("again", "a", request, at_once=True, inputs=None)
    assert [("again", 101), ("job 1", 100)] == [(item.job, item.seed) for item in studio.items()]


def test_daemon_that_has_forgotten_is_told(studio: Studio) -> None:
    """The file says undecided, but it was applied in a run that saved nothing: one sentence, and it counts as lost."""
    studio.open("a")
    studio.finish("a")
    studio.save("a")
    studio.history.apply(studio.items()[0].key)
    studio.restart()
    document = studio.open("a")
    assert not studio.items()[0].is_lost
    studio.history.apply(studio.items()[0].key)
    studio.run()
    assert "Make Again" in studio.editor.errors[-1][1]
    assert ([], True) == (document.inserted, studio.items()[0].is_lost)


def test_closed_document_leaves_its_undecided_results(studio: Studio) -> None:
    """They are offered to any document, until that file is opened again."""
    studio.open("a")
    job = studio.finish("a")
    studio.finish("a", at_once=True)
    studio.save("a")
    studio.open("b")
    studio.close("a")
    assert [job] == [one.job for one in studio.offered]
    studio.open("a")
    assert [] == studio.offered


def test_inputs_are_kept_once_and_only_when_wanted(studio: Studio) -> None:
    """Two jobs from the same pixels share them; a job whose switch is off leaves none, and knows it."""
    document = studio.open("a")
    for is_kept in (True, True, False):
        studio.finish("a", inputs=Inputs([b"canvas" * 100], is_kept=is_kept))
    names = [name for name in document.attachments if name != INDEX]
    assert 1 == len(names)
    kept = read_index(document.attachments[INDEX]).jobs
    assert [(), tuple(names), tuple(names)] == [job.inputs for job in kept]


def test_nothing_is_written_during_a_stroke(studio: Studio) -> None:
    """The index waits until the document is free, and is then written once for all that happened."""
    document = studio.open("a")
    waiting: list = []
    document.when_free = waiting.append
    for _ in range(3):
        studio.finish("a")
    assert (1, {}) == (len(waiting), document.attachments)
    waiting.pop()()
    assert 3 == len(read_index(document.attachments[INDEX]).jobs)
    studio.history.delete(studio.items()[0].key)
    studio.close("a")
    waiting.pop()()
    assert 3 == len(read_index(document.attachments[INDEX]).jobs)  # it is closed: nothing is touched


@pytest.mark.parametrize(
    "data",
    [
        *(b"\xff\xfe", b"[]", b"{}", b'{"history": "x", "jobs": []}', b'{"history": 1, "jobs": 7}', b"[" * 200_000),
        *(b'{"history": 1, "jobs": [' + b"[" * 100_000, bytes(17 << 20), b'{"history": 1e999, "jobs": []}'),
    ],
)
def test_damaged_index_is_left_out(studio: Studio, data: bytes) -> None:
    """The document opens, a sentence says so, and the next picture begins a new index."""
    document = studio.open("a")
    studio.close("a")
    studio.files["a"] = ([], {INDEX: data})
    document = studio.open("a")
    assert "damaged" in studio.editor.finished[-1][1]
    studio.finish("a")
    assert ["picture 100"] == prompts(studio)
    assert 1 == len(read_index(document.attachments[INDEX]).jobs)


@pytest.mark.parametrize("data", [b'{"history": 2, "jobs": [1]}', b'{"history": 3, "something": "else"}'])
def test_index_of_a_newer_version_stays_as_it_is(studio: Studio, data: bytes) -> None:
    """What is made meanwhile is in the list until the document is closed."""
    studio.files["a"] = ([], {INDEX: data})
    document = studio.open("a")
    assert "newer" in studio.editor.finished[-1][1]
    studio.finish("a")
    assert (["picture 100"], data) == (prompts(studio), document.attachments[INDEX])


def test_one_damaged_job_does_not_take_the_others(studio: Studio) -> None:
    """Whichever field of it is wrong."""
    studio.open("a")
    studio.finish("a")
    studio.finish("a")
    plain = json.loads(studio.documents["a"].attachments[INDEX])
    whole = json.dumps(plain["jobs"][0])
    for name in plain["jobs"][0]:
        for value in (None, [1], {"a": 1}, "x", -1, 2**70, float("inf")):
            plain["jobs"][0] = {**json.loads(whole), name: value}
            index = read_index(json.dumps(plain).encode())
            assert "picture 100" == index.jobs[-1].result.request.prompt
    for name in json.loads(whole)["pictures"][0]:
        for value in (None, [1], {"a": 1}, "x", -1, 2**70, float("nan"), "9 9 RGBA " + "A" * 100):
            plain["jobs"][0] = json.loads(whole)
            plain["jobs"][0]["pictures"][0][name] = value
            assert "picture 100" == read_index(json.dumps(plain).encode()).jobs[-1].result.request.prompt


def test_index_is_bounded(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """By jobs and by bytes; the newest stay. What leaves undecided is offered again."""
    document = studio.open("a")
    for _ in range(MOST_JOBS + 5):
        studio.finish("a")
    index = document.attachments[INDEX]
    jobs = read_index(index).jobs
    assert (MOST_JOBS, "picture 10500") == (len(jobs), jobs[0].result.request.prompt)
    assert [f"job {number}" for number in range(1, 6)] == [one.job for one in studio.offered]
    monkeypatch.setattr(history_store, "LARGEST_INDEX", len(index) // 2)
    smaller = write_index([job_text(job) for job in jobs])
    kept = read_index(smaller).jobs
    assert len(index) // 3 < len(smaller) <= len(index) // 2 < LARGEST_INDEX
    assert jobs[: len(kept)] == kept


def test_thumbnail_claims_no_memory() -> None:
    """A few bytes that would inflate to gigabytes are refused by the size that a thumbnail has."""
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(bytes(50_000_000), 9)).decode()
    with pytest.raises(ValueError, match="bytes were expected"):
        thumbnail_of(f"96 96 RGBA {bomb}")


def test_memory_keeps_what_would_be_lost(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels that the daemon or a layer has leave first; those of a layer that was undone only then."""
    document = studio.open("a")
    undone = studio.finish("a", at_once=True)
    document.undo()
    studio.history.look()
    waiting = studio.finish("a")
    one = len(pixels_of(0))
    monkeypatch.setattr(history_module, "LARGEST_MEMORY", 2 * one)
    monkeypatch.setattr(shelf.Packed, "size", one)
    newest = studio.finish("a")
    in_memory = [job.job for job in studio.history._shelf(document).jobs if job.blobs is not None]
    assert ([newest, undone], [waiting, newest]) == (in_memory, list(studio.daemon.results))


class HistoryMachine(RuleBasedStateMachine):
    """Any order of deeds in three documents, with a daemon that may not lose what nobody has decided on."""

    def __init__(self) -> None:
        super().__init__()
        self.studio = Studio()
        self.undecided: dict[str, set[str]] = {}
        self.studio.open("a")

    @rule(name=st.sampled_from(NAMES))
    def open(self, name: str) -> None:
        self.studio.open(name)

    @rule(name=st.sampled_from(NAMES))
    def save(self, name: str) -> None:
        if name in self.studio.documents:
            self.studio.save(name)

    @rule(name=st.sampled_from(NAMES))
    def close(self, name: str) -> None:
        if name in self.studio.documents:
            self.studio.close(name)

    @rule()
    def restart(self) -> None:
        self.studio.restart()

    @rule(name=st.sampled_from(NAMES), count=st.integers(1, 3), at_once=st.booleans())
    def finish(self, name: str, count: int, at_once: bool) -> None:
        if name in self.studio.documents:
            job = self.studio.finish(name, count=count, at_once=at_once)
            self.undecided[job] = set() if at_once else {f"{job}/{index}" for index in range(count)}

    @precondition(lambda self: self.studio.items())
    @rule(number=st.integers(0, 9), deed=st.sampled_from(["apply", "apply_group", "show", "delete"]))
    def use(self, number: int, deed: str) -> None:
        item = self.studio.items()[number % len(self.studio.items())]
        others = {name: list(one.inserted) for name, one in self.studio.documents.items()}
        active = self.studio.editor.document
        before = list(active.inserted)
        try:
            getattr(self.studio.history, deed)(item.job if deed == "apply_group" else item.key)
        except VelaturaError:
            assert item.is_lost or deed == "apply_group"
        self.studio.run()
        if deed == "delete":
            self.undecided[item.job].discard(item.key)
        elif active.inserted != before:
            job = {one.key for one in self.studio.items() if one.job == item.job}
            self.undecided[item.job] -= {item.key} if deed == "apply" else job
        for name, one in self.studio.documents.items():
            assert one is active or others[name] == one.inserted

    @rule(deed=st.sampled_from(["undo", "redo"]))
    def turn_back(self, deed: str) -> None:
        if self.studio.editor.document is not None:
            getattr(self.studio.editor.document, deed)()

    @rule(number=st.integers(0, 9))
    def delete_layer(self, number: int) -> None:
        if self.studio.editor.document is not None:
            self.studio.editor.document.delete_layer(number)

    @invariant()
    def nothing_is_lost(self) -> None:
        """What was neither applied nor deleted is with the daemon, and somebody can get at it."""
        self.studio.history.look()
        for job, keys in self.undecided.items():
            if keys:
                assert job in self.studio.daemon.results
                offered = {one.job for one in self.studio.offered}
                assert job in offered or self.studio.history.has(job)

    @invariant()
    def list_is_true(self) -> None:
        """Of the active document alone; applied is what is there as a layer."""
        self.studio.history.look()
        document = self.studio.editor.document
        if document is None:
            assert () == self.studio.items()
            return
        made = self.studio.history._shelf(document)
        assert [picture.key for picture in made.pictures()] == [item.key for item in self.studio.items()]
        for picture, item in zip(made.pictures(), self.studio.items(), strict=True):
            assert item.is_applied == (not document.layer_keys().isdisjoint(picture.layers))


HistoryMachine.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestHistoryMachine = HistoryMachine.TestCase
