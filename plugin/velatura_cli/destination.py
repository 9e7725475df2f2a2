"""``--out``: which files a job will write, and whether they can be written, looked at before anything is painted."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from velatura_client.recipe import layer_name
from velatura_protocol.envelope import DEFAULT_LIMITS
from velatura_protocol.errors import VelaturaError

from .files.store import check_place, store, store_numbered

PNG, ORA, FOLDER = ".png", ".ora", ""
#: Longest part of a prompt in a file's name, in characters.
_SLUG_LENGTH = 40
#: Stands for the seed and the number that a file in a folder gets: none is longer.
_LONGEST_NUMBER = "9" * 24

#: When and how large a file was: (modification time in ns, bytes, inode).
_Seen = tuple[int, int, int]


@dataclass(frozen=True)
class Destination:
    """``out``: FILE.png, FILE.ora or a folder.

    Attributes:
        overwrite: files that are there may be replaced. In a folder each picture gets a name of its own anyway.
    """

    out: Path
    overwrite: bool = False
    _seen: dict[Path, _Seen | None] = field(default_factory=dict[Path, _Seen | None])

    @property
    def kind(self) -> str:
        """One of ``PNG``, ``ORA``, ``FOLDER``."""
        suffix = self.out.suffix.lower()
        return suffix if suffix in (PNG, ORA) else FOLDER

    @property
    def folder(self) -> Path:
        """Where the files will lie."""
        return self.out if self.kind == FOLDER else self.out.parent

    def files(self, count: int) -> list[Path]:
        """The files for ``count`` pictures; a folder's get their names when they are written."""
        if self.kind == FOLDER:
            return []
        if self.kind == ORA or count == 1:
            return [self.out]
        return [self.out.with_stem(f"{self.out.stem}-{number}") for number in range(1, count + 1)]

    def check(self, count: int, prompt: str) -> None:
        """Refuse what cannot be written. It is tried out for real, and leaves nothing behind.

        Raises:
            VelaturaError: ``invalid_value``, ``disk_full``.
        """
        if self.kind == FOLDER:
            if self.out.suffix and not self.out.is_dir():
                raise VelaturaError(
                    "invalid_value", f"--out {self.out}: give a name ending in .png or .ora, or a folder."
                )
            if os.path.lexists(self.out) and not self.out.is_dir():
                raise VelaturaError(
                    "invalid_value", f"--out {self.out} is a file. Give a name ending in .png or .ora, or a folder."
                )
            check_place(self.out / f"{_slug(layer_name(prompt, 0))}-{_LONGEST_NUMBER}{PNG}", overwrite=True)
        # a job has no more pictures than a message has blobs
        for path in self.files(min(max(count, 1), DEFAULT_LIMITS.blobs)):
            check_place(path, overwrite=self.overwrite)
            self._seen.setdefault(path, _look(path))

    def write(self, path: Path, data: bytes) -> None:
        """One of ``files``. What was not there before is not replaced, nor what was changed since ``check``.

        Raises:
            VelaturaError: ``disk_full``, ``invalid_value``.
        """
        seen = self._seen.get(path)
        now = _look(path)
        if self.overwrite and now is not None and now != seen:
            raise VelaturaError(
                "invalid_value",
                f"{path} was changed by another program meanwhile, so it is not replaced. Look at it first.",
            )
        store(path, data, overwrite=self.overwrite and os.path.lexists(path))

    def write_into_folder(self, name: str, seed: int, data: bytes) -> Path:
        """The path that it got: after the picture's ``name`` and ``seed``, and a number if that is taken.

        Raises:
            VelaturaError: ``disk_full``, ``invalid_value``.
        """
        return store_numbered(self.out, f"{_slug(name)}-{seed}", PNG, data)


def _look(path: Path) -> _Seen | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _slug(name: str) -> str:
    slug = re.sub(r"[^\w]+", "-", name).strip("-").lower()[:_SLUG_LENGTH]
    try:
        os.fsencode(slug)
    except UnicodeEncodeError:  # names of files are plain ASCII in this environment
        slug = re.sub(r"[^\w]+", "-", slug, flags=re.ASCII).strip("-")
    return slug or "picture"
