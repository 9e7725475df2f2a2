"""Names that other people gave, as they stand in a sentence."""

#: Signs of a name that are shown: it shall be told from others, not fill the screen.
LONGEST = 60


def quoted(name: str) -> str:
    """``name`` in quotation marks, on one line, without anything that a terminal obeys, cut where it is very long."""
    return repr(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…")
