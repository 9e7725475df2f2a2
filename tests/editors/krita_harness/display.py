"""An X display of our own."""

import random
import subprocess
import time
from pathlib import Path
from types import TracebackType

#: Away from what desktops and other test runners use: abstract X sockets are shared by a whole network namespace.
DISPLAY_NUMBERS = range(300, 900)


class Display:
    """Xvfb, 1600 x 1000 at 24 bit, for the length of a ``with`` block. ``name`` is the value for DISPLAY."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.name = ""

    def __enter__(self) -> "Display":
        for number in random.sample(DISPLAY_NUMBERS, 8):
            self.name = f":{number}"
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    ["Xvfb", self.name, "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            if self._answers(deadline=time.monotonic() + 20):
                return self
            self._end()
        raise RuntimeError(f"Xvfb did not start; see {self._log}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _answers(self, deadline: float) -> bool:
        """True once X answers; False when it ended, for instance because the number is taken."""
        assert self._process is not None
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            probe = ["xdpyinfo", "-display", self.name]
            if subprocess.run(probe, capture_output=True, timeout=10, check=False).returncode == 0:
                # another server may own the number and answer in its place while ours is about to end
                time.sleep(0.2)
                return self._process.poll() is None
            time.sleep(0.05)
        return False

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None
