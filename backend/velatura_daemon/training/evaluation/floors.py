"""What the figures of a model that ships must reach."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .figure import Measurement

FLOORS = Path(__file__).parent / "floors.toml"
#: The columns of the file.
TRAINED_ON = ("cpu", "gpu")


@dataclass(frozen=True, kw_only=True)
class Floor:
    """None where nothing is asked."""

    at_least: float | None = None
    at_most: float | None = None
    control_at_most: float | None = None

    def is_met(self, row: Measurement) -> bool:
        return (
            (self.at_least is None or row.value >= self.at_least)
            and (self.at_most is None or row.value <= self.at_most)
            and (self.control_at_most is None or (row.control is not None and row.control <= self.control_at_most))
        )


def read_floors() -> dict[str, dict[str, Floor]]:
    """By id of the measurement, then by ``TRAINED_ON``."""
    content = tomllib.loads(FLOORS.read_text(encoding="utf-8"))
    return {key: {column: Floor(**given) for column, given in columns.items()} for key, columns in content.items()}


def control_holds(row: Measurement) -> bool | None:
    """Whether the control is as low as guessing; None where it is there for comparison only."""
    if row.control is None or row.control_limit is None:
        return None
    return row.control <= row.control_limit
