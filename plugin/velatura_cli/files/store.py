"""Writes a file so that there is the old or the new one, never half of one."""

import os
import tempfile
from pathlib import Path

from velatura_protocol.errors import VelaturaError


def store(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, making its folder.

    Raises:
        VelaturaError: ``disk_full``, with what the system said.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise VelaturaError(
            "disk_full", f"{path} cannot be written ({error.strerror}). Free some space or choose another place."
        ) from None


def _umask() -> int:
    """The mode that an ordinary new file gets; mkstemp's own is private."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
