"""What a person reads, in their language."""

from typing import Any


def tr(text: str, **values: Any) -> str:
    """``text`` in the chosen language, with ``{name}`` replaced by ``values``. ``text`` is a literal, in English."""
    return text.format(**values) if values else text
