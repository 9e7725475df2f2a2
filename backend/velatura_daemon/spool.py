"""The spool: the pixels of jobs, as they came (inputs) and as the worker made them (results).

Files, because they outlive a killed daemon and reach the worker without passing through a socket: both sides map them.
All lie in one folder, because a folder for each job costs more time than all else that is done for a small one. Names,
writing and mapping are decided here for both sides of the wall, so no torch, no numpy and nothing else of the daemon.
"""

import contextlib
import mmap
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError

#: Name of the spool's folder in the folder of the daemon's state.
FOLDER = "spool"
#: Kinds of files.
INPUT, RESULT = "input", "result"


def file_name(job: str, kind: str, index: int) -> str:
    """Name of blob ``index`` of a job's request (``INPUT``), or of the picture of its patch ``index`` (``RESULT``)."""
    return f"{job}.{kind}-{index}"


def job_of(name: str) -> str:
    """The job that a file belongs to; something that is no job for a file that is none of ours."""
    return name.partition(".")[0]


class Spool:
    """Files in ``folder``, each named after its job. Keeps nothing in memory: both processes have one of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def make_in(cls, state_folder: Path) -> "Spool":
        """The daemon's own; its folder is made when there is none."""
        folder = state_folder / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(folder)

    def write_inputs(self, job: str, blobs: Sequence[Buffer]) -> None:
        """Store the blobs of a request; on failure nothing of them stays.

        Raises:
            VelaturaError: ``disk_full``.
        """
        names = self.input_names(job, len(blobs))
        try:
            for name, blob in zip(names, blobs, strict=True):
                _write(self.folder / name, blob)
        except OSError as error:
            self.remove(names)
            raise self.disk_full(error) from error

    def inputs(self, job: str, count: int) -> list[memoryview]:
        """The blobs of a request, mapped; a mapping lives as long as its view.

        Raises:
            OSError: one of the files is not there.
        """
        return [_mapped(self.folder / name) for name in self.input_names(job, count)]

    def write_result(self, job: str, index: int, pixels: Buffer) -> None:
        """Store the picture of patch ``index``; on failure, what was written of it stays until the job has ended.

        Raises:
            VelaturaError: ``disk_full``.
        """
        try:
            _write(self.folder / file_name(job, RESULT, index), pixels)
        except OSError as error:
            raise self.disk_full(error) from error

    def results(self, job: str, lengths: Sequence[int]) -> list[memoryview]:
        """The pictures of a job's patches, mapped; ``lengths``: how many bytes each has.

        Raises:
            OSError: one of the files is not there, or not whole.
        """
        names = self.result_names(job, len(lengths))
        pictures = [_mapped(self.folder / name) for name in names]
        for name, picture, length in zip(names, pictures, lengths, strict=True):
            if len(picture) != length:
                raise OSError(f"{name} has {len(picture)} bytes instead of {length}")
        return pictures

    def input_names(self, job: str, count: int) -> list[str]:
        """What ``write_inputs`` stores ``count`` blobs as; to ``remove`` them later."""
        return [file_name(job, INPUT, index) for index in range(count)]

    def result_names(self, job: str, count: int) -> list[str]:
        """What ``write_result`` stores ``count`` pictures as; to ``remove`` them later."""
        return [file_name(job, RESULT, index) for index in range(count)]

    def names_of(self, job: str) -> list[str]:
        """Every file of a job, also what a killed worker left half-written."""
        return [path.name for path in self.folder.iterdir() if job_of(path.name) == job]

    def remove(self, names: Iterable[str]) -> None:
        """Delete files. What cannot be deleted now (a mapped file on Windows) is swept at the next start."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()

    def sweep(self, known: Collection[str]) -> None:
        """Delete every file that belongs to none of the ``known`` jobs."""
        self.remove([path.name for path in self.folder.iterdir() if job_of(path.name) not in known])

    def disk_full(self, error: Exception) -> VelaturaError:
        reason = getattr(error, "strerror", None) or error  # without the path, which is said already
        return VelaturaError(
            "disk_full",
            f"The pictures of this job could not be stored in {self.folder} ({reason}). Free some space on that disk "
            "and try again.",
            retry=True,
        )


def _write(path: Path, blob: Buffer) -> None:
    with path.open("wb", buffering=0) as stream:
        rest = memoryview(blob)
        while rest:
            rest = rest[stream.write(rest) :]


def _mapped(path: Path) -> memoryview:
    if path.stat().st_size == 0:  # which cannot be mapped
        return memoryview(b"")
    with path.open("rb") as stream:
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
