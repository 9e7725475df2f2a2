"""``python -m velatura_daemon.worker``: started by the supervisor, which hands over the configuration on stdin."""

import faulthandler
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from velatura_daemon.engine_contract import Engine, EngineSettings
from velatura_daemon.logs import Log, new_log_id
from velatura_daemon.worker_protocol import Ready, StartFailed, WorkerConfiguration
from velatura_protocol.codec import from_plain
from velatura_protocol.errors import ErrorInfo, VelaturaError

from .channel import Channel

if TYPE_CHECKING:
    from velatura_daemon.engine_contract import Engine, EngineSettings
from .runner import run_order


def main() -> None:
    """Serve until the supervisor closes stdin or is gone. Exits with 1 when the engine could not be made."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the daemon's terminal is the supervisor's to answer
    configuration = from_plain(WorkerConfiguration, json.loads(sys.stdin.buffer.readline()), "configuration")
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    channel = Channel(configuration)
    log = Log(Path(configuration.log_file), process="worker")

    try:
        engine = _load(configuration.engine)(
            EngineSettings(
                model_folders=tuple(Path(folder) for folder in configuration.model_folders),
                device=configuration.device,
                threads=configuration.threads,
            )
        )
    except Exception as error:  # noqa: BLE001 - any library may be missing or broken; the reason goes to the user
        channel.send(StartFailed(_explain(error, log)))
        channel.close()
        sys.exit(1)
    channel.send(Ready(dict(engine.describe())))
    while True:
        run_order(channel.next_order(), engine, channel, log)
        log.flush()


def _end_with_parent() -> None:
    # stdin ends when the supervisor closes it, and also when the supervisor is killed
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def _load(name: str) -> "Callable[[EngineSettings], Engine]":
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _explain(error: Exception, log: Log) -> ErrorInfo:
    log_id = new_log_id()
    log.exception("the engine cannot be made", log=log_id)
    if isinstance(error, VelaturaError):
        return ErrorInfo(error.info.code, error.info.message, error.info.retry, log_id)
    return ErrorInfo(
        "worker_died",
        f"The process that makes the pictures cannot start ({type(error).__name__}: {error}). Run `velatura doctor`, "
        "which says what is missing.",
        log=log_id,
    )


if __name__ == "__main__":
    main()
