"""The spool: one folder for each job with its pixels, as they came (inputs) and as the worker made them (results).

Files, because they outlive a killed daemon and reach the worker without passing through a socket: both sides map them.
"""

import contextlib
import mmap
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from velatura_protocol.errors import VelaturaError

from velatura_daemon.worker_protocol import Frame, input_name, result_name


class Spool:
    """Folders below ``root``, each named after its job's id."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def folder(self, job: str) -> Path:
        return self._root / job

    def write_inputs(self, job: str, blobs: Sequence[Frame]) -> None:
        """Store the blobs of a request; on failure nothing of them stays.

        Raises:
            VelaturaError: ``disk_full``.
        """
        folder = self.folder(job)
        try:
            folder.mkdir(exist_ok=True)
            for index, blob in enumerate(blobs):
                _write(folder / input_name(index), blob)
        except OSError as error:
            self.remove(job)
            raise disk_full(error, self._root) from error

    def drop_inputs(self, job: str, count: int) -> None:
        """Delete the inputs of a job that has ended; missing ones do not matter."""
        for index in range(count):
            with contextlib.suppress(OSError):
                (self.folder(job) / input_name(index)).unlink()

    def drop_results(self, job: str, count: int) -> None:
        for index in range(count):
            with contextlib.suppress(OSError):
                (self.folder(job) / result_name(index)).unlink()

    def result(self, job: str, index: int) -> memoryview:
        """The pixels of a result, mapped; the mapping lives as long as the view.

        Raises:
            OSError: the file is not there.
        """
        with (self.folder(job) / result_name(index)).open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))

    def remove(self, job: str) -> None:
        """Delete a job's folder. What cannot be deleted now (a mapped file on Windows) is swept at the next start."""
        shutil.rmtree(self.folder(job), ignore_errors=True)

    def sweep(self, known: Collection[str]) -> int:
        """Delete every folder that belongs to none of the ``known`` jobs, and say how many there were."""
        strays = [folder for folder in self._root.iterdir() if folder.name not in known]
        for folder in strays:
            shutil.rmtree(folder, ignore_errors=True)
        return len(strays)


def disk_full(error: Exception, where: Path) -> VelaturaError:
    return VelaturaError(
        "disk_full",
        f"The pictures of this job could not be stored in {where} ({error}). Free some space on that disk and try again.",
        retry=True,
    )


def _write(path: Path, blob: Frame) -> None:
    with path.open("xb", buffering=0) as stream:
        rest = memoryview(blob)
        while rest:
            rest = rest[stream.write(rest) :]
