"""Arrays that are kept in a run's folder because making them takes longer than a step: latents, pictures, maps.

Each has a note beside it that says what it was made from and how far it is: an array of something else is made anew,
and one that was interrupted goes on.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .disk_space import require_space
from .pictures import Picture

#: How far it is gets written down after this many rows.
_FLUSH_EVERY = 512


@dataclass(frozen=True, kw_only=True)
class KeptArray:
    """An array ``folder/NAME.npy`` with its note ``NAME.json``.

    Attributes:
        key: of all that decides what is in it; the shape says nothing about that.
        shape: rows first, a row for each picture.
    """

    folder: Path
    name: str
    key: str
    shape: tuple[int, ...]
    dtype: type[np.generic]

    @property
    def missing_bytes(self) -> int:
        """What making it, or the rest of it, takes on the disk."""
        row = int(np.prod(self.shape[1:])) * np.dtype(self.dtype).itemsize
        return (self.shape[0] - self._done()) * row

    def filled(
        self, rows: int, make: Callable[[int, int], NDArray[Any]], report: Callable[[int, int], None]
    ) -> np.memmap:
        """The whole array, read-only.

        Args:
            rows: how many are made at once. make: rows (start, end) of the array.
            report: called with (rows made, of).

        Raises:
            VelaturaError: ``disk_full``, before anything is made.
        """
        done = self._done()
        if done < self.shape[0]:
            require_space(self.folder, self.missing_bytes, f"the {self.name} of {self.shape[0]} pictures")
            self._fill(done, rows, make, report)
        return np.load(self._array, mmap_mode="r")

    def _fill(
        self, done: int, rows: int, make: Callable[[int, int], NDArray[Any]], report: Callable[[int, int], None]
    ) -> None:
        if done:
            array = np.lib.format.open_memmap(self._array, mode="r+")
        else:
            self._note.unlink(missing_ok=True)
            array = np.lib.format.open_memmap(self._array, mode="w+", dtype=self.dtype, shape=self.shape)
        noted = done
        for start in range(done, self.shape[0], rows):
            end = min(start + rows, self.shape[0])
            array[start:end] = make(start, end)
            if end - noted >= _FLUSH_EVERY or end == self.shape[0]:
                self._write_note(array, end)
                noted = end
            report(end, self.shape[0])

    @property
    def _array(self) -> Path:
        return self.folder / f"{self.name}.npy"

    @property
    def _note(self) -> Path:
        return self.folder / f"{self.name}.json"

    def _done(self) -> int:
        """Rows that are there."""
        if not self._array.is_file() or not self._note.is_file():
            return 0
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
        except ValueError:  # of a run that was killed while it wrote
            return 0
        return noted["done"] if noted["key"] == self.key else 0

    def _write_note(self, array: np.memmap, done: int) -> None:
        array.flush()
        self._note.write_text(json.dumps({"key": self.key, "done": done}), encoding="utf-8")


def pictures_key(pictures: Sequence[Picture]) -> str:
    """Changes with names, sizes and times of the files."""
    return files_key([picture.path for picture in pictures])


def files_key(paths: Sequence[Path]) -> str:
    """Changes with names, sizes and times of the files."""
    states = ((path.name, path.stat()) for path in paths)
    lines = (f"{name} {state.st_size} {state.st_mtime_ns}\n" for name, state in states)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
