"""The daemon's settings: defaults, then ``VELATURA_*`` environment variables, then the command line.

A plain dataclass, because importing pydantic-settings takes as long as everything else that the supervisor does before
it answers its first hello.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from velatura_protocol.connection import state_folder
from velatura_protocol.errors import VelaturaError

PREFIX = "VELATURA_"
DEFAULT_ENGINE = "velatura_daemon.diffusion.engine:create_engine"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Each field ``name`` is read from ``VELATURA_NAME``; folder lists are separated like PATH, devices by commas.

    Attributes:
        state: folder of connection file, journal, spool and logs (``VELATURA_STATE``).
        models: folders with models, besides the embedded one.
        devices: one worker process is started for each; ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``xpu``.
        threads: CPU threads of a worker; all cores but one, because somebody paints on the same machine. 0 = the
            library's choice.
        engine: factory of the engine, ``module:function``.
        cancel_grace_s: a cancelled job that has not ended after this long is ended by killing its worker.
        hang_after_s: a worker that shows no sign of progress for this long is killed.
        queue_limit: waiting jobs of one client.
        spool_bytes: pixels of waiting jobs and unfetched results together; results are evicted, oldest first.
        keep_results_s: an unfetched result is evicted after this long.
    """

    state: Path = field(default_factory=state_folder)
    models: tuple[Path, ...] = ()
    devices: tuple[str, ...] = ("auto",)
    threads: int = field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1))
    engine: str = DEFAULT_ENGINE
    cancel_grace_s: float = 5.0
    hang_after_s: float = 600.0
    queue_limit: int = 64
    spool_bytes: int = 4 << 30
    keep_results_s: float = 7 * 24 * 3600.0

    @property
    def log_folder(self) -> Path:
        return self.state / "logs"


def read_settings(given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """``given`` are the values of the command line; None means not given.

    Raises:
        VelaturaError: ``invalid_value``, naming the variable and what it must be.
    """
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        text = environment.get(PREFIX + setting.name.upper())
        if text:
            values[setting.name] = _read(setting.name, cast(Any, setting.type), text)
    values.update({name: value for name, value in given.items() if value is not None})
    return Settings(**values)


def _read(name: str, kind: Any, text: str) -> Any:
    if kind is Path:
        return Path(text)
    if kind == tuple[Path, ...]:
        return tuple(Path(part) for part in text.split(os.pathsep) if part)
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise VelaturaError("invalid_value", f"{PREFIX}{name.upper()} must be {what}, not {text!r}.") from None
