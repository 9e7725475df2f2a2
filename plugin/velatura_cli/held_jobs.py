"""The jobs that the daemon holds for the command line, and how one of them is named."""

from velatura_client.client import Client
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import JobState

#: So many ids are named where an abbreviation means several jobs.
_NAMED = 5


def find_job(client: Client, text: str) -> JobState:
    """The job whose id is ``text``, or begins so where that means one job only.

    Raises:
        VelaturaError: ``job_unknown``, or ``invalid_value`` when several begin so.
    """
    jobs = client.jobs().jobs
    wanted = text.strip().lower()
    found = [state for state in jobs if wanted and state.job.startswith(wanted)]
    if not found:
        raise VelaturaError(
            "job_unknown", f"The daemon holds no job {text!r} of the command line. `velatura jobs` lists what it holds."
        )
    if len(found) > 1:
        names = ", ".join(state.job for state in found[:_NAMED]) + (", ..." if len(found) > _NAMED else "")
        raise VelaturaError("invalid_value", f"{text!r} means {len(found)} jobs: {names}. Give more of the id.")
    return found[0]
