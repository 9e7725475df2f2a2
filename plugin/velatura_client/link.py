"""The client's lasting line to the daemon: it connects when needed and again after an interruption. For one thread."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Protocol, Set

from velatura_protocol.connection import state_folder
from velatura_protocol.envelope import Envelope
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Forget, Hello, JobState, Message, Preview

from .identity import client_id
from .jobs import FollowedJob
from .session import OnFailure, OnReply, Session, make_hello

#: A question is asked again after an interruption, but not for ever.
MAX_ATTEMPTS = 3


class Connector(Protocol):
    """Finds the daemon; ``launcher.Launcher`` also starts one."""

    def connect(self, hello: Hello, give_up: Callable[[], bool]) -> Session:
        """A greeted session. May take long, but ends soon after ``give_up`` returns True.

        Raises:
            VelaturaError: the sentence says why there is none.
        """
        ...


@dataclass
class _Question:
    body: Message
    done: OnReply
    failed: OnFailure
    attempts: int = 0


class Link:
    """Questions, followed jobs, and jobs to be forgotten, kept across sessions: the protocol takes everything twice."""

    def __init__(self, *, launcher: Connector, client_name: str, folder: Optional[Path] = None) -> None:
        self._launcher = launcher
        self._client_name = client_name
        self._folder = folder or state_folder()
        self._session: Optional[Session] = None
        self._woken = threading.Event()
        self._questions: List[_Question] = []
        self._jobs: Dict[str, FollowedJob] = {}
        #: No daemon has confirmed yet that it has forgotten these.
        self._to_forget: Set[str] = set()

    def ask(self, body: Message, done: OnReply, failed: OnFailure) -> None:
        """Send ``body`` as soon as there is a session; later, from within ``step``, one of the two is called."""
        question = _Question(body, done, failed)
        self._questions.append(question)
        session = self._session
        if session is not None:
            self._guard(lambda: self._send(question, session))

    def forget(self, job: str) -> None:
        """Tell the daemon that it may delete the job: now, or when there is one again. None is started for that."""
        self._to_forget.add(job)
        session = self._session
        if session is not None:
            self._guard(lambda: self._send_forget(job, session))

    def follow(self, job: FollowedJob) -> None:
        """Submit or watch the job and keep at it until it is over."""
        self._jobs[job.job] = job
        session = self._session
        if session is not None:
            self._guard(lambda: job.attach(session))

    def cancel(self, job: str) -> None:
        followed = self._jobs.get(job)
        if followed is not None:
            self._guard(followed.cancel)

    def want_preview(self, job: str) -> None:
        followed = self._jobs.get(job)
        if followed is not None:
            self._guard(followed.want_preview)

    def step(self, timeout_s: float, give_up: Callable[[], bool] = lambda: False) -> None:
        """Connect when there is something to do, wait up to ``timeout_s`` seconds for one message, tell of it.

        Raises nothing: whoever waits for something hears of errors.
        """
        self._sweep()
        if self._session is None:
            if not self._questions and not self._jobs:
                self._woken.wait(timeout_s)
                self._woken.clear()
                return
            self._connect(give_up)
        session = self._session
        if session is None:
            return
        if self._woken.is_set():
            self._woken.clear()
            timeout_s = 0.0
        self._guard(lambda: session.step(timeout_s))
        self._sweep()

    def wake(self) -> None:
        """Let ``step`` return soon. May be called from any thread."""
        self._woken.set()
        session = self._session
        if session is not None:
            session.wake()

    def close(self, flush_s: float = 0.0) -> None:
        """End the session. What was sent already gets up to ``flush_s`` seconds for its answers."""
        deadline = time.monotonic() + flush_s
        while self._session is not None and (self._questions or self._to_forget) and time.monotonic() < deadline:
            session = self._session
            self._guard(lambda session=session: session.step(deadline - time.monotonic()))
        self._drop_session()

    def _send(self, question: _Question, session: Session) -> None:
        question.attempts += 1

        def done(reply: Envelope) -> None:
            self._questions.remove(question)
            question.done(reply)

        def failed(error: VelaturaError) -> None:
            self._questions.remove(question)
            question.failed(error)

        session.request(question.body, done, failed)

    def _send_forget(self, job: str, session: Session) -> None:
        def failed(error: VelaturaError) -> None:
            if error.info.code != "daemon_unreachable":  # it does not know the job
                self._to_forget.discard(job)

        session.request(Forget(job), lambda _reply: self._to_forget.discard(job), failed)

    def _connect(self, give_up: Callable[[], bool]) -> None:
        try:
            hello = make_hello(client_id(self._folder, self._client_name), self._client_name)
            self._session = session = self._launcher.connect(hello, give_up)
        except VelaturaError as error:
            self._fail_all(error)
            return
        session.on_event = self._on_event

        def resume() -> None:
            for job in list(self._jobs.values()):
                job.attach(session)
            for question in list(self._questions):
                self._send(question, session)
            for forgotten in list(self._to_forget):
                self._send_forget(forgotten, session)

        self._guard(resume)

    def _guard(self, action: Callable[[], None]) -> None:
        """Run what may find the session ended; then what waits goes on with the next one."""
        try:
            action()
        except VelaturaError as error:
            self._drop_session()
            for question in list(self._questions):
                if question.attempts >= MAX_ATTEMPTS:
                    self._questions.remove(question)
                    question.failed(error)

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        for job in self._jobs.values():
            job.detach()
        if session is not None:
            session.close()

    def _fail_all(self, error: VelaturaError) -> None:
        questions, self._questions = self._questions, []
        for question in questions:
            question.failed(error)
        for job in list(self._jobs.values()):
            job.fail(error.info)
        self._sweep()

    def _on_event(self, envelope: Envelope) -> None:
        body = envelope.body
        if isinstance(body, (JobState, Preview)):
            followed = self._jobs.get(body.job)
            if followed is not None:
                followed.on_event(envelope)

    def _sweep(self) -> None:
        for job in [job for job in self._jobs.values() if job.over]:
            del self._jobs[job.job]
            if job.forgettable:
                self.forget(job.job)
