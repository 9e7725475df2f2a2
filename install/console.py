"""What the installer says: plain sentences, and one line of progress that is redrawn where the output is a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
ERASE_LINE = "\r\x1b[2K"


class Console:
    """Writes to ``stream``. Colour and redrawing only on a terminal, and without colour when NO_COLOR is set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self._terminal = self._stream.isatty()
        self._colour = self._terminal and "NO_COLOR" not in os.environ
        self._progress_shown = False

    def say(self, text: str = "") -> None:
        self._clear_progress()
        self._write(text + "\n")

    def heading(self, text: str) -> None:
        self._clear_progress()
        self._write(f"{BOLD}{text}{RESET}\n" if self._colour else f"{text}\n")

    def detail(self, text: str) -> None:
        """A line beneath the last one."""
        self._clear_progress()
        self._write(f"{DIM}    {text}{RESET}\n" if self._colour else f"    {text}\n")

    def progress(self, text: str) -> None:
        """What goes on this very moment: redrawn in place on a terminal, left out anywhere else."""
        if not self._terminal:
            return
        width = shutil.get_terminal_size().columns - 1
        self._write(ERASE_LINE + f"    {text}"[:width])
        self._progress_shown = True

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Announce a step and, when it has ended well, how long it took."""
        self.say(f"{text} ...")
        started = time.monotonic()
        yield
        self.detail(f"done in {seconds(time.monotonic() - started)}")

    def _clear_progress(self) -> None:
        if self._progress_shown:
            self._write(ERASE_LINE)
            self._progress_shown = False

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, errors="replace").decode(encoding))
        self._stream.flush()


def seconds(duration_s: float) -> str:
    """``3.2 s`` below a minute, ``2 min 05 s`` above."""
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes} min {rest:02d} s"


def size(byte_count: float) -> str:
    """``12 MB`` or ``1.4 GB``, in powers of ten as shops and file managers do."""
    return f"{byte_count / 1e9:.1f} GB" if byte_count >= 1e9 else f"{byte_count / 1e6:.0f} MB"
