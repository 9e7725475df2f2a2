"""``velatura jobs`` and ``velatura jobs forget JOB``."""

from typing import Annotated

import typer

from velatura_client.client import Client
from velatura_client.progress import progress_of
from velatura_protocol.codec import to_plain
from velatura_protocol.messages import FAILED, QUEUED, RUNNING, SUCCEEDED, JobState

from .held_jobs import find_job
from .output import harmless, print_json, say, tell

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

app = typer.Typer(help="What the daemon holds: jobs that wait or run, and pictures that no file has taken.")


@app.callback(invoke_without_command=True)
def jobs(context: typer.Context, as_json: JsonOption = False) -> None:
    """What the daemon holds: jobs that wait or run, and pictures that no file has taken."""
    if context.invoked_subcommand is not None:
        return
    with Client() as client:
        held = client.jobs().jobs
    if as_json:
        print_json({"jobs": to_plain(held)})
        return
    for state in held:
        say(f"{state.job}  {_what(state):<24}  {harmless(state.label)}")
    if held:
        tell("To have one: velatura fetch JOB --out FILE. To throw one away: velatura jobs forget JOB.")
    else:
        say("The daemon holds no job of the command line.")


@app.command()
def forget(
    job: Annotated[list[str], typer.Argument(help="Ids, as velatura jobs shows them; their beginning is enough.")],
    as_json: JsonOption = False,
) -> None:
    """Throw jobs away, with their pictures. One that waits or runs is cancelled."""
    with Client() as client:
        # all are looked up first: a wrong id among them throws nothing away
        found = list(dict.fromkeys(find_job(client, text).job for text in job))
        for each in found:
            client.forget(each)
    if as_json:
        print_json({"forgotten": found})
    else:
        say("\n".join(f"Forgotten: {each}" for each in found))


def _what(state: JobState) -> str:
    if state.state in (QUEUED, RUNNING):
        return harmless(progress_of(state).text)
    if state.state == FAILED and state.error is not None:
        return f"failed ({harmless(state.error.code)})"
    return "finished" if state.state == SUCCEEDED else harmless(state.state)
