"""The life of jobs over the real socket: states, idempotency, ownership, fairness, cancel, previews, results."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from velatura_daemon.spool import RESULT, file_name, job_of
from velatura_protocol.images import ImageRef
from velatura_protocol.messages import (
    STAGES,
    STARTING,
    Cancel,
    Fetch,
    Forget,
    Forgotten,
    ListJobs,
    Preview,
    Result,
    Submit,
    Watch,
)


def test_copy_gives_the_canvas_back(shared_daemon: Any, client: Any, copy_request: Any, wait: Any) -> None:
    """Every byte and the place in the document survive the way through spool and worker; forget removes all of it."""
    request, pixels = copy_request(300, 200)
    answer = client.run(request, [pixels])
    result = answer.body
    assert isinstance(result, Result)
    assert request == result.request
    patch = result.patches[0]
    assert (ImageRef(0, 300, 200), 3, 5, 7) == (patch.image, patch.x, patch.y, patch.seed)
    assert pixels == answer.blobs[0]
    wait(lambda: shared_daemon.spooled() == [file_name(result.job, RESULT, 0)], "the inputs' removal")
    assert Forgotten(result.job) == client.ask(Forget(result.job))
    assert () == client.ask(ListJobs()).jobs
    wait(lambda: shared_daemon.spooled() == [], "the result's removal")


def test_copy_takes_other_layouts(client: Any, copy_request: Any) -> None:
    """An editor that stores BGRA gets its colours back as RGBA."""
    request, _ = copy_request(2, 1)
    request = replace(request, canvas=replace(request.canvas, channels="BGRA"))
    answer = client.run(request, [bytes([1, 2, 3, 255, 40, 50, 60, 255])])
    assert bytes([3, 2, 1, 255, 60, 50, 40, 255]) == answer.blobs[0]


def test_states_and_stages_come_in_order(client: Any, commanded: Any) -> None:
    """Running, every stage of the engine, then exactly one terminal state, which is the last news."""
    job = client.submit(commanded())
    states = client.states_until(job, lambda state: state.state == "succeeded")
    stages = [state.stage for state in states if state.stage]
    assert list(STAGES) == stages
    assert {"queued", "running", "succeeded"} >= {state.state for state in states}
    assert "succeeded" == client.watch(job).state
    assert not client.socket.poll(50)


def test_waiting_for_the_worker_is_told(start_daemon: Any, commanded: Any, gate: Any) -> None:
    """Jobs that come while the worker is being started say so, with their places in the queue; the others do not."""
    daemon = start_daemon(engine="create_slowly", environment={"TEST_ENGINE_GATE": str(gate)})
    client = daemon.greet()
    first, second = client.submit(commanded()), client.submit(commanded())
    assert [("queued", STARTING, 0), ("queued", STARTING, 1)] == [
        (state.state, state.stage, state.position) for state in (client.watch(first), client.watch(second))
    ]
    gate.touch()
    states = client.states_until(second, lambda state: state.state == "succeeded")
    waited = [(state.stage, state.position) for state in states if state.state == "queued"]
    assert ("", 1) == waited[-1]


@pytest.mark.parametrize(
    ("prompt", "label"),
    [
        ("a" * 60, "a" * 60),
        ("b" * 61, "b" * 59 + "…"),
        ("c" * 58 + " ddd", "c" * 58 + "…"),
        ("狐" * 80, "狐" * 59 + "…"),
    ],
)
def test_label_says_that_the_prompt_goes_on(client: Any, copy_request: Any, prompt: str, label: str) -> None:
    """A prompt that is cut for lists ends in dots."""
    request, pixels = copy_request(2, 2)
    job = client.submit(replace(request, prompt=prompt), [pixels])
    assert label == client.watch(job).label
    client.wait_for_end(job)
    client.ask(Forget(job))


def test_everything_may_be_sent_twice(client: Any, commanded: Any) -> None:
    """Submit, watch, cancel and forget sent again change nothing: a client that lost an answer just asks again."""
    request = commanded()
    job = client.submit(request)
    client.wait_for_end(job)
    assert "succeeded" == client.ask(Submit(job, request)).state
    assert "succeeded" == client.ask(Cancel(job)).state
    for _ in range(2):
        assert "succeeded" == client.ask(Watch(job)).state
        assert job == client.ask(Fetch(job)).job
    for _ in range(2):
        assert Forgotten(job) == client.ask(Forget(job))
    assert "job_unknown" == client.refused(Fetch(job)).code


def test_a_used_id_is_not_taken_for_another_job(client: Any, commanded: Any, copy_request: Any) -> None:
    """The second job with the same id is refused, whoever sends it; after forget the id is free again."""
    job = client.submit(commanded())
    client.wait_for_end(job)
    request, pixels = copy_request()
    assert "job_conflict" == client.refused(Submit(job, request), [pixels]).code
    client.send(Forget(job))
    assert job == client.ask(Submit(job, request), [pixels]).job
    client.watch(job)
    assert "succeeded" == client.wait_for_end(job).state
    assert pixels == client.ask_for_envelope(Fetch(job)).blobs[0]
    client.ask(Forget(job))


def test_jobs_of_others_are_unknown(shared_daemon: Any, client: Any, commanded: Any, gate: Any) -> None:
    """Nobody sees, cancels, fetches, forgets or takes over the job of another client, and it goes on untouched."""
    stranger = shared_daemon.greet()
    job = client.submit(commanded(do="wait", gate=gate))
    client.wait_for_stage(job, "denoising")
    for body in (Watch(job), Cancel(job), Fetch(job), Forget(job)):
        assert "job_unknown" == stranger.refused(body).code
    assert "job_conflict" == stranger.refused(Submit(job, commanded(do="wait", gate=gate))).code
    assert () == stranger.ask(ListJobs()).jobs
    assert "running" == client.watch(job).state
    gate.touch()
    assert "succeeded" == client.wait_for_end(job).state
    client.ask(Forget(job))


def test_two_clients_cancelling_each_others_jobs_cancel_none(
    shared_daemon: Any, client: Any, commanded: Any, gate: Any
) -> None:
    """Each fires cancels at the other's running and waiting job; both jobs succeed."""
    other = shared_daemon.greet()
    mine = client.submit(commanded(do="wait", gate=gate))
    theirs = other.submit(commanded(do="wait", gate=gate))
    for _ in range(20):
        assert "job_unknown" == client.refused(Cancel(theirs)).code
        assert "job_unknown" == other.refused(Cancel(mine)).code
    gate.touch()
    assert "succeeded" == client.wait_for_end(mine).state
    assert "succeeded" == other.wait_for_end(theirs).state
    client.ask(Forget(mine))
    other.ask(Forget(theirs))


def test_clients_take_turns(shared_daemon: Any, client: Any, commanded: Any, gate: Any) -> None:
    """Of three jobs of one client and one of another, submitted in this order, the other's runs second."""
    other = shared_daemon.greet()
    blocker = client.submit(commanded(do="wait", gate=gate))
    client.wait_for_stage(blocker, "denoising")
    queued = [client.submit(commanded()) for _ in range(3)]
    late = other.submit(commanded())
    assert [1, 3, 4] == [client.watch(job).position for job in queued]  # the one that runs is ahead of all
    assert 2 == other.watch(late).position
    gate.touch()
    for job in queued:
        client.watch(job)
        assert "succeeded" == client.wait_for_end(job).state
    assert "succeeded" == other.ask(ListJobs()).jobs[0].state
    for job in (blocker, *queued):
        client.ask(Forget(job))
    other.ask(Forget(late))


def test_waiting_jobs_hear_their_position(client: Any, commanded: Any, gate: Any) -> None:
    """When the queue moves, the watchers of a waiting job are told how many are still ahead of it."""
    blocker = client.submit(commanded(do="wait", gate=gate))
    first, second = client.submit(commanded()), client.submit(commanded())
    assert 2 == client.watch(second).position
    client.ask(Cancel(first))
    positions = [state.position for state in client.states_until(second, lambda state: state.position == 1)]
    assert [2, 1] == positions[-2:]
    gate.touch()
    client.wait_for_end(second)
    for job in (blocker, first, second):
        client.ask(Forget(job))


def test_the_queue_is_bounded_for_each_client(start_daemon: Any, commanded: Any, gate: Any) -> None:
    """A client with too many waiting jobs is told to wait, and another client still gets in."""
    daemon = start_daemon(queue_limit=2)
    greedy, modest = daemon.greet(), daemon.greet()
    daemon.worker_pids(greedy)
    running = greedy.submit(commanded(do="wait", gate=gate))
    greedy.wait_for_stage(running, "denoising")
    for _ in range(2):
        greedy.submit(commanded())
    error = greedy.refused(Submit(uuid.uuid4().hex, commanded()))
    assert ("queue_full", True) == (error.code, error.retry)
    assert "queued" == modest.ask(Submit(uuid.uuid4().hex, commanded())).state
    gate.touch()


def test_cancel_of_a_waiting_job(
    shared_daemon: Any, client: Any, commanded: Any, copy_request: Any, gate: Any, wait: Any
) -> None:
    """It ends at once, its pixels are deleted, and the job that runs is not touched."""
    blocker = client.submit(commanded(do="wait", gate=gate))
    request, pixels = copy_request()
    job = client.submit(request, [pixels])
    assert "cancelled" == client.ask(Cancel(job)).state
    assert "running" == client.watch(blocker).state
    assert "job_not_finished" == client.refused(Fetch(job)).code
    gate.touch()
    assert "succeeded" == client.wait_for_end(blocker).state
    wait(lambda: not [name for name in shared_daemon.spooled() if job_of(name) == job], "its pixels' removal")
    client.ask(Forget(job))
    client.ask(Forget(blocker))


def test_cancel_of_a_running_job_takes_effect_within_one_step(client: Any, commanded: Any, gate: Any) -> None:
    """The engine hears it at its next step; the worker lives and takes the next job."""
    pid = client.status().details["workers"][0]["pid"]
    job = client.submit(commanded(do="step", of=1_000_000, gate=gate))
    client.states_until(job, lambda state: state.step > 3)
    assert client.ask(Cancel(job)).state in ("running", "cancelled")
    assert "cancelled" == client.wait_for_end(job).state
    client.run(commanded())
    assert pid == client.status().details["workers"][0]["pid"]


def test_forget_of_a_running_job_cancels_it(client: Any, commanded: Any, gate: Any, wait: Any) -> None:
    """A client that loses interest leaves nothing that computes or takes space."""
    job = client.submit(commanded(do="wait", gate=gate))
    client.wait_for_stage(job, "denoising")
    assert Forgotten(job) == client.ask(Forget(job))
    assert job not in [known.job for known in client.ask(ListJobs()).jobs]
    wait(lambda: client.status().running == 0, "the run's end")


def test_a_client_that_comes_back_finds_its_jobs(shared_daemon: Any, commanded: Any, gate: Any) -> None:
    """The connection is lost while a job runs; a new one with the same client id watches and fetches it."""
    lost = shared_daemon.greet("d" * 32)
    job = lost.submit(commanded(do="wait", gate=gate))
    lost.wait_for_stage(job, "denoising")
    lost.close()
    gate.touch()
    back = shared_daemon.greet("d" * 32)
    assert [job] == [known.job for known in back.ask(ListJobs()).jobs]
    back.watch(job)
    assert "succeeded" == back.wait_for_end(job).state
    assert job == back.ask(Fetch(job)).job
    back.ask(Forget(job))


def test_previews_come_by_credit(client: Any, commanded: Any, gate: Any) -> None:
    """Who asks for two previews gets two small RGBA pictures, of the first two steps, and more only when asked."""
    job = client.submit(commanded(do="step", of=9, gate=gate, wanted=True), previews=2)
    news = client.news_until(job, lambda state: state.step == 8)
    shown = [envelope for envelope in news if isinstance(envelope.body, Preview)]
    assert [(1, 9), (2, 9)] == [(envelope.body.step, envelope.body.of) for envelope in shown]
    assert ImageRef(0, 6, 4, "RGBA") == shown[1].body.image
    assert bytes([2]) * 6 * 4 * 4 == shown[1].blobs[0]
    client.watch(job, previews=5)
    gate.touch()
    news = client.news_until(job, lambda state: state.state == "succeeded")
    assert [9] == [envelope.body.step for envelope in news if isinstance(envelope.body, Preview)]
    client.ask(Forget(job))


def test_previews_go_to_those_who_asked(shared_daemon: Any, client: Any, commanded: Any, gate: Any) -> None:
    """Of two connections that watch a job, only the one with credit is sent pictures."""
    onlooker = shared_daemon.greet(client.client_id)
    job = client.submit(commanded(do="step", of=2, gate=gate))
    onlooker.watch(job, previews=1)
    gate.touch()
    assert [] == [
        envelope
        for envelope in client.news_until(job, lambda state: state.state == "succeeded")
        if isinstance(envelope.body, Preview)
    ]
    seen = onlooker.news_until(job, lambda state: state.state == "succeeded")
    assert 1 == len([envelope for envelope in seen if isinstance(envelope.body, Preview)])
    client.ask(Forget(job))


def test_no_previews_without_credit(client: Any, commanded: Any) -> None:
    """Nobody asked, so none is made."""
    job = client.submit(commanded(do="step", of=5))
    news = client.news_until(job, lambda state: state.state == "succeeded")
    assert [] == [envelope for envelope in news if isinstance(envelope.body, Preview)]
    client.ask(Forget(job))


@pytest.mark.parametrize(("deed", "code"), [("refuse", "out_of_memory"), ("stumble", "internal")])
def test_errors_of_the_engine_reach_the_client(client: Any, commanded: Any, deed: str, code: str) -> None:
    """With their code and a sentence; what Python says about itself stays in the log, under the id in the error."""
    job = client.submit(commanded(do=deed))
    state = client.wait_for_end(job)
    assert ("failed", code) == (state.state, state.error.code)
    assert "secret" not in state.error.message
    assert (code == "internal") == bool(state.error.log)
    assert code == client.refused(Fetch(job)).code
    client.run(commanded())


def test_results_are_not_there_before_the_end(client: Any, commanded: Any, gate: Any) -> None:
    """Fetching too early is answered as such and may be tried again."""
    job = client.submit(commanded(do="wait", gate=gate))
    error = client.refused(Fetch(job))
    assert ("job_not_finished", True) == (error.code, error.retry)
    gate.touch()
    client.wait_for_end(job)
    client.ask(Forget(job))


def test_old_results_make_room_for_new_ones(start_daemon: Any, copy_request: Any, wait: Any) -> None:
    """Beyond the bound in bytes the oldest unfetched result is evicted, and fetch says so."""
    daemon = start_daemon(spool_bytes=5 * 64 * 64 * 4)
    client = daemon.greet()
    request, pixels = copy_request(64, 64)
    jobs = [client.run(request, [pixels]).body.job for _ in range(7)]
    wait(lambda: len(daemon.spooled()) <= 5, "the oldest results' removal")
    assert "result_expired" == client.refused(Fetch(jobs[0])).code
    assert pixels == client.ask_for_envelope(Fetch(jobs[-1])).blobs[0]


def test_waiting_pixels_are_bounded(start_daemon: Any, copy_request: Any, commanded: Any, gate: Any) -> None:
    """Jobs that wait are never evicted: when they fill the spool, the next one is refused."""
    daemon = start_daemon(spool_bytes=2 * 64 * 64 * 4)
    client = daemon.greet()
    client.submit(commanded(do="wait", gate=gate))
    request, pixels = copy_request(64, 64)
    for _ in range(2):
        client.submit(request, [pixels])
    assert "queue_full" == client.refused(Submit(uuid.uuid4().hex, request), [pixels]).code
    assert 2 == len(daemon.spooled())
    gate.touch()
