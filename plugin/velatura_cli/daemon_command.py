"""``velatura daemon run|start|stop|status``."""

import subprocess
from typing import Annotated

import psutil
import typer

from velatura_client.client import Client
from velatura_client.launcher import Launcher, daemon_command
from velatura_protocol.codec import to_plain
from velatura_protocol.connection import read_connection, state_folder
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Status

from .output import print_json, say

#: A daemon that was asked to end may take this long: its worker is in the middle of a step.
STOP_WITHIN_S = 20.0
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

app = typer.Typer(help="The daemon that makes the pictures.", no_args_is_help=True)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context) -> None:
    """Run the daemon here, in the foreground. Further options go to it (--models DIR, --device cpu ...)."""
    command, _foreign = daemon_command()
    raise typer.Exit(subprocess.call([*command, *context.args]))


@app.command()
def start(as_json: JsonOption = False) -> None:
    """Start the daemon unless it runs already."""
    with Client() as client:
        status = client.status()
    _show("runs", status, as_json)


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Say whether the daemon runs, and what it does. Exit code 1 when it does not."""
    with Client(launcher=Launcher(may_start=False)) as client:
        _show("runs", client.status(), as_json)


@app.command()
def stop(as_json: JsonOption = False) -> None:
    """End the daemon and its worker. Waiting jobs stay in its journal for the next start."""
    connection = read_connection()
    try:
        with Client(launcher=Launcher(may_start=False)) as client:
            client.shutdown()
    except VelaturaError as error:
        if error.info.code != "daemon_unreachable":
            raise
        if as_json:
            print_json({"stopped": False, "was_running": False})
        else:
            say("No daemon runs.")
        return
    if connection is not None:
        _wait_until_gone(connection.pid)
    if as_json:
        print_json({"stopped": True, "was_running": True})
    else:
        say("The daemon has ended.")


def _wait_until_gone(pid: int) -> None:
    """Until the process has ended, so that its memory is free and its state folder may be moved or deleted.

    Raises:
        VelaturaError: ``daemon_unreachable`` when it takes too long.
    """
    try:
        psutil.Process(pid).wait(STOP_WITHIN_S)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        raise VelaturaError(
            "daemon_unreachable",
            f"The daemon was asked to end and has not after {STOP_WITHIN_S:.0f} s. Its log is in {state_folder()}.",
        ) from None


def _show(what: str, status: Status, as_json: bool) -> None:
    if as_json:
        print_json(to_plain(status))
        return
    say(f"The daemon {what} (process {status.pid}, since {status.uptime_s:.0f} s, worker {status.worker}).")
    say(f"Jobs: {status.running} running, {status.queued} waiting. State folder: {state_folder()}")
