"""The spool: the pixels of jobs, as they came (inputs) and as the worker made them (results).

Files, because they outlive a killed daemon and reach the worker without passing through a socket: both sides map them.
All lie in one folder, because a folder for each job costs more time than all else that is done for a small one.
"""

import contextlib
import mmap
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from velatura_daemon.worker_protocol import Frame, input_name, job_of_name, result_name
from velatura_protocol.errors import VelaturaError


class Spool:
    """Files in ``folder``, each named after its job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_inputs(self, job: str, blobs: Sequence[Frame]) -> None:
        """Store the blobs of a request; on failure nothing of them stays.

        Raises:
            VelaturaError: ``disk_full``.
        """
        try:
            for index, blob in enumerate(blobs):
                _write(self.folder / input_name(job, index), blob)
        except OSError as error:
            self.remove([input_name(job, index) for index in range(len(blobs))])
            raise self.disk_full(error) from error

    def result(self, job: str, index: int) -> memoryview:
        """The pixels of a result, mapped; the mapping lives as long as the view.

        Raises:
            OSError: the file is not there.
        """
        with (self.folder / result_name(job, index)).open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))

    def names_of(self, job: str) -> list[str]:
        """Every file of a job, also what a killed worker left half-written."""
        return [path.name for path in self.folder.iterdir() if job_of_name(path.name) == job]

    def remove(self, names: Iterable[str]) -> None:
        """Delete files. What cannot be deleted now (a mapped file on Windows) is swept at the next start."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()

    def sweep(self, known: Collection[str]) -> None:
        """Delete every file that belongs to none of the ``known`` jobs."""
        self.remove([path.name for path in self.folder.iterdir() if job_of_name(path.name) not in known])

    def disk_full(self, error: Exception) -> VelaturaError:
        return VelaturaError(
            "disk_full",
            f"The pictures of this job could not be stored in {self.folder} ({error}). Free some space on that disk "
            "and try again.",
            retry=True,
        )


def _write(path: Path, blob: Frame) -> None:
    with path.open("wb", buffering=0) as stream:
        rest = memoryview(blob)
        while rest:
            rest = rest[stream.write(rest) :]
