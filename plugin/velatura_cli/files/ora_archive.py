"""The archive that an OpenRaster painting is: unpacked within bounds, its names understood as they are meant."""

import io
import zipfile
from pathlib import PurePosixPath

from velatura_protocol.errors import VelaturaError

from .names import quoted

#: Bytes of everything in the archive together: a few kB can claim to be many GB, and inflate to more than they claim.
LARGEST_CONTENT = 1 << 30
LARGEST_COUNT = 4096
_PIECE = 1 << 20


def read_archive(data: bytes, name: str) -> dict[str, bytes]:
    """The archive's files by the names that stand in it. Nothing is put on the disk, so any name will do.

    Raises:
        VelaturaError: ``invalid_value``, ``image_too_large``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > LARGEST_COUNT:
                raise VelaturaError(
                    "image_too_large", f"{name} holds {len(entries)} files; {LARGEST_COUNT} are allowed. Merge layers."
                )
            if sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
                raise VelaturaError("image_too_large", f"{name} unpacks to more than {LARGEST_CONTENT} bytes.")
            return {entry.filename: _unpacked(archive, entry) for entry in entries}
    except VelaturaError:
        raise
    except Exception as error:  # noqa: BLE001 - unpackers that are fed damaged bytes raise nearly anything
        raise damaged(name, type(error).__name__) from None


def standing_name(name: str) -> str:
    """``data/a.png`` for all that programs write for it: ``/data/a.png``, ``./data/a.png``, ``data\\a.png``."""
    parts: list[str] = []
    for part in PurePosixPath(name.replace("\\", "/")).parts:
        if part == "..":
            del parts[-1:]
        elif part != "/" and part != "//":
            parts.append(part)
    return "/".join(parts)


def damaged(name: str, why: str) -> VelaturaError:
    """What is wrong with the OpenRaster file ``name``."""
    return VelaturaError("invalid_value", f"{name} is not a usable OpenRaster file: {why}. Save it again.")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """In pieces, as a single read inflates all that the entry holds, whatever size it declares."""
    pieces: list[bytes] = []
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            pieces.append(piece)
    content = b"".join(pieces)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile(f"{quoted(entry.filename)} is cut")
    return content
