"""Whether the daemon can be reached or started, and what it says of its models."""

import time

from velatura_client.client import Client
from velatura_client.launcher import Launcher
from velatura_protocol.connection import state_folder
from velatura_protocol.errors import VelaturaError
from velatura_protocol.messages import Catalogue, Status

from .finding import FAULT, GOOD, Finding

_SETTLED_WITHIN_S = 120.0
_READ_LOG = "The message says what to do; if it does not help, run: velatura daemon run"


def examine_daemon() -> list[Finding]:
    """Asks the daemon that runs; where none does, starts one and ends it again."""
    try:
        with Client(launcher=Launcher(may_start=False)) as client:
            return _examine(client, "runs")
    except VelaturaError as error:
        if error.info.code != "daemon_unreachable":
            return [Finding("daemon", FAULT, error.info.message, _READ_LOG)]
    try:
        with Client() as client:
            findings = _examine(client, "does not run, but can be started")
            client.shutdown()
    except VelaturaError as error:
        return [Finding("daemon", FAULT, error.info.message, _READ_LOG)]
    return findings


def _examine(client: Client, how: str) -> list[Finding]:
    catalogue = client.catalogue(rescan=True)
    return [judge_status(_settled_status(client), how), *judge_models(catalogue)]


def _settled_status(client: Client) -> Status:
    """The status once the worker has loaded its libraries, or has not managed to."""
    deadline = time.monotonic() + _SETTLED_WITHIN_S
    while True:
        status = client.status()
        if status.worker != "starting" or time.monotonic() > deadline:
            return status
        time.sleep(0.1)


def judge_status(status: Status, how: str) -> Finding:
    """``how``: what the daemon does, such as "runs"."""
    if status.worker in ("idle", "busy"):
        return Finding("daemon", GOOD, f"{how} (worker {status.worker})")
    says = f"{how}, but the process that makes the pictures does not get ready (worker {status.worker})."
    return Finding("daemon", FAULT, says, f"Look at the logs in {state_folder()}, or run python3 install demo again.")


def judge_models(catalogue: Catalogue) -> list[Finding]:
    """One finding per model; a model's ``problem`` says itself what to do."""
    if not catalogue.models:
        repair = "Install Velatura again; the embedded model is missing."
        return [Finding("models", FAULT, "No model was found.", repair)]
    return [
        Finding("model", FAULT, f"{model.id} cannot be used.", model.problem)
        if model.problem
        else Finding("model", GOOD, f"{model.id} ({model.native_width} x {model.native_height})")
        for model in catalogue.models
    ]
