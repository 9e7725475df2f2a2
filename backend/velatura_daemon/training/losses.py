"""The losses of a run, one JSON line a step, so that a curve can be drawn over all stretches of an interrupted run."""

import json
from pathlib import Path

_FILE = "losses.jsonl"
#: How much a new loss weighs in the recent loss.
_NEW_SHARE = 0.03


class LossLog:
    """Lines are written as they come; ``recent`` is a moving average."""

    def __init__(self, folder: Path, *, keep: int) -> None:
        """``keep``: steps of an earlier stretch that count; what it noted after them is dropped."""
        self._path = folder / _FILE
        self.recent = 0.0
        before = self._read()[:keep]
        self._path.write_text("".join(map(_line, before)), encoding="utf-8")
        for _step, loss in before:
            self._average(loss)

    def add(self, step: int, loss: float) -> None:
        self._average(loss)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line((step, loss)))

    def losses(self) -> list[float]:
        """In the order of the steps."""
        return [loss for _step, loss in self._read()]

    def _average(self, loss: float) -> None:
        self.recent = loss if self.recent == 0.0 else self.recent + _NEW_SHARE * (loss - self.recent)

    def _read(self) -> list[tuple[int, float]]:
        if not self._path.is_file():
            return []
        lines: list[tuple[int, float]] = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # the last line of a run that was killed while it wrote
                break
            lines.append((row["step"], row["loss"]))
        return lines


def _line(entry: tuple[int, float]) -> str:
    return json.dumps({"step": entry[0], "loss": entry[1]}) + "\n"
