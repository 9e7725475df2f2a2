"""Unpacks an npm tarball so that nothing can land outside its folder."""

import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from velatura_protocol.errors import VelaturaError


def unpack(archive: Path, folder: Path) -> None:
    """Makes ``folder`` with the files of ``archive``, or leaves nothing at all.

    npm puts everything under one folder, ``package/``, which is left out. Links and devices are refused.

    Raises:
        VelaturaError: ``model_unsafe`` when a name leads outside or is no plain file, or the archive cannot be read;
            ``disk_full``.
    """
    unfinished = folder.with_name(folder.name + ".unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _unpack_member(tar, member, unfinished)
        unfinished.rename(folder)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise VelaturaError("model_unsafe", f"{archive.name} cannot be unpacked: {error}. Try again.") from error
    except OSError as error:
        raise VelaturaError(
            "disk_full",
            f"{folder} cannot be written: {error.strerror or error}. Free some space and try again.",
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    if member.isdir():
        return
    name = PurePosixPath(member.name)
    content = tar.extractfile(member) if member.isfile() else None
    if content is None or name.is_absolute() or ".." in name.parts or "\\" in member.name or len(name.parts) < 2:
        raise VelaturaError("model_unsafe", f"The archive has an entry that does not belong in it: {member.name!r}.")
    path = folder.joinpath(*name.parts[1:])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
