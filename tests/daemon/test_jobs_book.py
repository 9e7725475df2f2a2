"""What needs no process: the fair queue, ageing with a clock of our own, settings."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from velatura_daemon.jobs.book import JobBook
from velatura_daemon.jobs.fair_queue import FairQueue
from velatura_daemon.jobs.job import Job, Outcome
from velatura_daemon.settings import Settings, read_settings
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import SUCCEEDED, Patch, Report
from velatura_protocol.request import GenerationRequest

REQUEST = GenerationRequest("copy", "", 8, 8, Rect(0, 0, 1, 1), canvas=ImageRef(0, 1, 1))
PATCH = Patch(ImageRef(0, 1, 1), 0, 0, 0)


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_book(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], JobBook]]:
    """Opens the book of jobs in one folder, closing the one opened before."""
    books: list[JobBook] = []

    def open_again() -> JobBook:
        if books:
            books.pop().close()
        books.append(JobBook(tmp_path, queue_limit=9, spool_bytes=1 << 20, keep_results_s=100.0, clock=clock))
        return books[-1]

    yield open_again
    for book in books:
        book.close()


def finish_one(book: JobBook) -> Job:
    job, _ = book.accept("a" * 32, "client", REQUEST, [b"RGBA"])
    assert job is book.take_next()
    book.spool.write_result(job.id, 0, b"RGBA")
    book.end(job, SUCCEEDED, outcome=Outcome((PATCH,), Report()), made_bytes=4)
    book.settle()
    return job


def test_a_result_expires_and_is_later_unknown(open_book: Callable[[], JobBook], clock: Clock) -> None:
    """First fetch can say that it came too late; much later the job is gone. Also across a restart."""
    book = open_book()
    job = finish_one(book)
    clock.now += 101
    book.tidy()
    book.settle()
    assert (0, []) == (book.spooled_bytes, list(book.spool.folder.iterdir()))
    book = open_book()
    with pytest.raises(VelaturaError, match="deleted to make room"):
        book.result(book.find(job.id, "client"))
    clock.now += 100
    book.tidy()
    book = open_book()
    assert not book.knows(job.id)


def test_everything_of_a_job_is_in_the_journal(open_book: Callable[[], JobBook]) -> None:
    """A book opened anew is equal to the one before, in every field that is kept."""
    book = open_book()
    finished = finish_one(book)
    waiting, _ = book.accept("b" * 32, "client", REQUEST, [b"RGBA"])
    before = [finished, waiting]
    book = open_book()
    assert before == book.owned_by("client")
    assert [waiting.id] == list(book.queue.in_order())
    assert 8 == book.spooled_bytes
    assert REQUEST == book.owned_by("client")[0].request


def test_a_terminal_state_is_entered_once(open_book: Callable[[], JobBook]) -> None:
    """Ending an ended job is a mistake of ours, and shows."""
    book = open_book()
    job = finish_one(book)
    with pytest.raises(ValueError, match="has ended before"):
        book.end(job, SUCCEEDED)


def test_a_cancelled_job_ends_as_cancelled_although_it_was_done(open_book: Callable[[], JobBook]) -> None:
    """The result that came between cancel and its effect is not kept."""
    book = open_book()
    job, _ = book.accept("a" * 32, "client", REQUEST, [b"RGBA"])
    book.take_next()
    book.request_cancel(job)
    book.spool.write_result(job.id, 0, b"RGBA")
    book.end(job, SUCCEEDED, outcome=Outcome((PATCH,), Report()), made_bytes=4)
    book.settle()
    assert "cancelled" == job.state
    assert (0, []) == (book.spooled_bytes, list(book.spool.folder.iterdir()))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["append", "take", "remove"])), max_size=40))
def test_the_queue_is_fair_and_tells_its_order(deeds: list[tuple[str, str]]) -> None:
    """Whatever is done: nothing is lost, a client's jobs keep their order, and ``in_order`` foretells ``take``."""
    queue = FairQueue()
    expected: defaultdict[str, deque[str]] = defaultdict(deque)
    for number, (client, deed) in enumerate(deeds):
        if deed == "append":
            queue.append(client, f"{client}{number}")
            expected[client].append(f"{client}{number}")
        elif deed == "remove" and expected[client]:
            queue.remove(client, expected[client].pop())
        elif deed == "take" and (taken := queue.take()) is not None:
            assert expected[taken[0]].popleft() == taken
    assert sum(map(len, expected.values())) == len(queue)
    assert {client: len(jobs) for client, jobs in expected.items()} == {c: queue.length_of(c) for c in expected}
    foretold = list(queue.in_order())
    assert foretold == [queue.take() for _ in foretold]
    assert None is queue.take()


def test_what_is_put_back_is_next() -> None:
    """A job whose worker died does not wait again behind others."""
    queue = FairQueue()
    for client, job in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        queue.append(client, job)
    assert "a1" == queue.take()
    queue.put_back("a", "a1")
    assert ["a1", "b1", "a2"] == list(queue.in_order())


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ({}, {}, Settings()),
        ({}, {"VELATURA_THREADS": "3", "VELATURA_HANG_AFTER_S": "1.5"}, Settings(threads=3, hang_after_s=1.5)),
        (
            {},
            {"VELATURA_STATE": "/state", "VELATURA_MODELS": "/a:/b"},
            Settings(state=Path("/state"), models=(Path("/a"), Path("/b"))),
        ),
        ({}, {"VELATURA_DEVICES": "cuda:0, cuda:1"}, Settings(devices=("cuda:0", "cuda:1"))),
        (
            {"threads": 4, "engine": None},
            {"VELATURA_THREADS": "3", "VELATURA_ENGINE": "a:b"},
            Settings(threads=4, engine="a:b"),
        ),
        ({"threads": 0}, {"VELATURA_THREADS": "3"}, Settings(threads=0)),
    ],
)
def test_settings_come_from_defaults_then_environment_then_command_line(
    given: Mapping[str, object], environment: Mapping[str, str], expected: Settings
) -> None:
    """Each overrides the one before; what was not given on the command line does not."""
    assert expected == read_settings(given, environment)
