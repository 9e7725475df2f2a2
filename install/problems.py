"""The one way in which a verb of the installer fails."""

from __future__ import annotations


class InstallError(Exception):
    """Ends the verb. ``message``: what happened and what to do, in a sentence or two for a person who paints."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
