"""``velatura fetch JOB --out ...``: a picture that the daemon holds, into a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from velatura_client.client import Client
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import SUCCEEDED

from .destination import Destination
from .document import FileDocument, open_document
from .held_jobs import find_job
from .interruption import ended_in_order
from .keeping import FetchCommand, kept_until_written
from .output import print_json, tell, tell_notes
from .progress_bar import ProgressBar
from .results import check_writing, say_summary, summary, write_results

#: The one task that has no canvas to be seen in.
_FROM_WORDS = "txt2img"


def fetch_command(
    job: Annotated[str, typer.Argument(help="Id of a job, as velatura jobs shows it; its beginning is enough.")],
    out: Annotated[Path, typer.Option(help="FILE.png, FILE.ora (the result as a layer of its own) or a folder.")],
    canvas: Annotated[
        Path | None,
        typer.Option(help="The picture that it was made for. Without it, what was painted is written alone."),
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the canvas to put the result above.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace FILE if there is one. (In a folder nothing is ever replaced.)")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Write the picture of a job into a file, when it is finished; the daemon then forgets the job."""
    with ended_in_order(), Client() as client:
        told = fetch(client, job, FetchCommand(Destination(out, overwrite), canvas, layer))
    if as_json:
        print_json(told)
    else:
        say_summary(told)


def fetch(client: Client, job: str, command: FetchCommand) -> dict[str, Any]:
    """Wait for the job, write it, and return what ``--json`` prints. Interrupted, the job goes on.

    Raises:
        VelaturaError: from the files, the daemon or the job.
    """
    destination = command.destination
    state = find_job(client, job)
    if state.state != SUCCEEDED:  # else it is known in a moment how many files there will be
        destination.check(1, state.label)
    document = _document(command)
    tell_notes(document.notes if document is not None else ())
    with ProgressBar() as progress_bar:
        try:
            completed = client.wait(state.job, progress_bar.show)
        except KeyboardInterrupt:
            tell(f"velatura: The job goes on. To fetch it: {command.text(state.job)}.")
            raise
        except VelaturaError as error:
            if error.info.code == "result_expired":  # there is nothing left to keep it on the list for
                client.forget_soon(state.job)
            raise
    request = completed.result.request
    with kept_until_written(client, state.job, command):
        destination.check(len(completed.result.patches), request.prompt)
        if document is not None:
            check_writing(document, destination, len(completed.result.patches), request.region)
        written = write_results(completed, document, destination)
    if document is None and request.task != _FROM_WORDS:
        tell("Only what was painted is in the file. To see it in its picture, give that with --canvas next time.")
    return summary(completed, written)


def _document(command: FetchCommand) -> FileDocument | None:
    if command.canvas is not None:
        return open_document(command.canvas, layer=command.layer, mask=None)
    if command.layer is not None:
        raise VelaturaError("invalid_value", "--layer belongs to a picture. Give it with --canvas.")
    return None
