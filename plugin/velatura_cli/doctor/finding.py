"""What an examination finds."""

from dataclasses import dataclass

GOOD, NOTE, FAULT = "good", "note", "fault"


@dataclass(frozen=True)
class Finding:
    """``state``: good, note (works, but ...) or fault. ``repair``: a sentence that says what to do, "" when good."""

    subject: str
    state: str
    says: str
    repair: str = ""
