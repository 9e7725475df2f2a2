"""One job as the client follows it: submitted, watched, watched again after an interruption, fetched, forgotten."""

from typing import Optional, Protocol, Sequence

from velatura_protocol.envelope import Buffer, Envelope
from velatura_protocol.errors import ErrorInfo, VelaturaError
from velatura_protocol.messages import (
    CANCELLED,
    FAILED,
    SUCCEEDED,
    Cancel,
    Fetch,
    JobState,
    Preview,
    Result,
    Submit,
    Watch,
)
from velatura_protocol.request import GenerationRequest

from .session import Session

#: A daemon that ends this often under one and the same job is not started for it again.
MAX_ATTACHMENTS = 4


class JobListener(Protocol):
    """Hears of one job, until ``on_result``, ``on_error`` or the state ``cancelled``."""

    def on_state(self, state: JobState) -> None: ...

    def on_interrupted(self) -> None:
        """The daemon is gone. It is looked for, or started again, and the job goes on there."""
        ...

    def on_preview(self, preview: Preview, pixels: Buffer) -> None:
        """``pixels``: the preview's one blob. No further preview comes before ``FollowedJob.want_preview``."""
        ...

    def on_result(self, result: Result, blobs: Sequence[Buffer]) -> None:
        """The daemon keeps the result until ``Link.forget``."""
        ...

    def on_error(self, error: ErrorInfo) -> None: ...


class FollowedJob:
    """Sends what the protocol wants for one job over whatever session there is. For the session's thread."""

    def __init__(
        self,
        job: str,
        listener: JobListener,
        *,
        request: Optional[GenerationRequest] = None,
        blobs: Sequence[Buffer] = (),
        previews: bool = False,
    ) -> None:
        """``request`` None: a job that the daemon knows already."""
        self.job = job
        self.over = False
        #: The daemon knows the job and it has no result: nothing is lost when the daemon deletes it.
        self.forgettable = False
        self._listener = listener
        self._request = request
        self._blobs: Sequence[Buffer] = blobs
        self._previews = 1 if previews else 0
        self._session: Optional[Session] = None
        self._attachments = 0
        self._cancel_wanted = False
        self._fetching = False

    def attach(self, session: Session) -> None:
        """Go on over a new session.

        Raises:
            VelaturaError: it ended at once; attach to the next one.
        """
        self._attachments += 1
        if self._attachments > MAX_ATTACHMENTS:
            self.fail(ErrorInfo("worker_died", "The daemon ended again and again during this job. Try other settings."))
            return
        self._session = session
        self._fetching = False
        if self._request is not None:
            body = Submit(self.job, self._request, self._previews)
            session.request(body, self._on_accepted, self._on_failure, blobs=self._blobs)
        else:
            session.request(Watch(self.job, self._previews), self._on_reply, self._on_failure)
        if self._cancel_wanted:
            self.cancel()

    def detach(self) -> None:
        """The session is gone."""
        if self._session is not None and not self.over:
            self._listener.on_interrupted()
        self._session = None

    def cancel(self) -> None:
        """Ask for the end of the job. Its end is told as state ``cancelled``, or as a result that was faster."""
        self._cancel_wanted = True
        if self._session is not None and not self.over:
            self._session.request(Cancel(self.job), self._on_reply, self._on_failure)

    def want_preview(self) -> None:
        if self._session is not None and not self.over and not self._fetching:
            self._session.request(Watch(self.job, 1), self._on_reply, _ignore_failure)

    def fail(self, error: ErrorInfo) -> None:
        if not self.over:
            self.over = True
            self._listener.on_error(error)

    def on_event(self, envelope: Envelope) -> None:
        """An event (or answer) about this job."""
        body = envelope.body
        if isinstance(body, JobState) and body.job == self.job:
            self._on_state(body)
        elif isinstance(body, Preview) and body.job == self.job and self._wants_preview(body, envelope):
            self._listener.on_preview(body, envelope.blobs[body.image.blob])

    def _wants_preview(self, preview: Preview, envelope: Envelope) -> bool:
        return not self.over and not self._fetching and 0 <= preview.image.blob < len(envelope.blobs)

    def _on_accepted(self, reply: Envelope) -> None:
        self._request, self._blobs = None, ()  # it is in the journal now; the pixels may leave this memory
        self._on_reply(reply)

    def _on_reply(self, reply: Envelope) -> None:
        self.on_event(reply)

    def _on_failure(self, error: VelaturaError) -> None:
        self.fail(error.info)

    def _on_state(self, state: JobState) -> None:
        if self.over or self._fetching:
            return
        if state.state == SUCCEEDED:
            self._listener.on_state(state)
            self._fetch()
        elif state.state == FAILED:
            self.forgettable = True
            self.fail(state.error or ErrorInfo("internal", "The job failed and the daemon did not say why."))
        elif state.state == CANCELLED:
            self.over = self.forgettable = True
            self._listener.on_state(state)
        else:
            self._listener.on_state(state)

    def _fetch(self) -> None:
        if self._session is not None:
            self._fetching = True
            self._session.request(Fetch(self.job), self._on_result, self._on_failure)

    def _on_result(self, reply: Envelope) -> None:
        if self.over:
            return
        self.over = True
        if isinstance(reply.body, Result):
            self._listener.on_result(reply.body, reply.blobs)
        else:
            self._listener.on_error(ErrorInfo("internal", "The daemon sent something else than the result."))


def _ignore_failure(_error: VelaturaError) -> None:
    """For what is only nice to have."""
