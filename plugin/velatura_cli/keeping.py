"""A job is forgotten only after its pictures are safely in their files; until then it can be fetched."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from velatura_client.client import Client
from velatura_protocol.errors import VelaturaError

from .destination import Destination
from .output import tell


@dataclass(frozen=True)
class FetchCommand:
    """What ``velatura fetch`` needs to put a result where it was meant to go."""

    destination: Destination
    canvas: Path | None = None
    layer: str | None = None

    def text(self, job: str) -> str:
        """The line to type."""
        words = ["velatura", "fetch", job]
        if self.canvas is not None:
            words += ["--canvas", str(self.canvas)]
        if self.layer is not None:
            words += ["--layer", self.layer]
        words += ["--out", str(self.destination.out)]
        if self.destination.overwrite:
            words.append("--overwrite")
        return shlex.join(words)


@contextmanager
def kept_until_written(client: Client, job: str, command: FetchCommand) -> Iterator[None]:
    """Write the job's files inside the block. If that succeeds the daemon may delete the job; if not, the person is
    told that it is kept, and how to get it.

    Raises:
        VelaturaError: the one from inside the block, with that sentence.
    """
    kept = f"The picture is kept. To fetch it: {command.text(job)}."
    try:
        yield
    except VelaturaError as error:
        raise VelaturaError(error.info.code, f"{error.info.message} {kept}", log=error.info.log) from None
    except MemoryError:
        raise VelaturaError(
            "out_of_memory", f"There is not enough memory to write the picture. Close other programs. {kept}"
        ) from None
    except BaseException:  # interrupted, or our fault: told all the same
        tell(f"velatura: {kept}")
        raise
    client.forget_soon(job)


@contextmanager
def told_of_a_lost_daemon() -> Iterator[None]:
    """Submit a job and wait for it inside the block. Where the daemon is lost meanwhile, the job may not be.

    Raises:
        VelaturaError: the one from inside the block, with a sentence that says how to find out.
    """
    try:
        yield
    except VelaturaError as error:
        if error.info.code != "daemon_unreachable":
            raise
        raise VelaturaError(
            error.info.code,
            f"{error.info.message} If the daemon has the job already, it goes on: `velatura jobs` lists it.",
            retry=error.info.retry,
        ) from None
