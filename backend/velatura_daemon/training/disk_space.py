"""Room on the disk is asked for before it is needed: a file mapped into memory cannot say that there is none."""

import shutil
from pathlib import Path

from velatura_protocol.errors import VelaturaError


def require_space(folder: Path, needed: int, what: str) -> None:
    """Of the disk that ``folder``, there already or not, is on.

    Args:
        needed: bytes. what: takes them, as the subject of a sentence in the plural.

    Raises:
        VelaturaError: ``disk_full``, with both sizes in MB.
    """
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise VelaturaError(
            "disk_full",
            f"{folder} has {free // 10**6} MB free, and {what} need {-(-needed // 10**6)} MB there. "
            "Free some space or choose another folder.",
        )
