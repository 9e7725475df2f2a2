"""Puts files into their place whole: there is the old one or the new one, never half of one. None is replaced unasked.

A new file is written under another name beside its place, brought to the disk, and then given its name.
"""

import contextlib
import errno
import itertools
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from velatura_protocol.errors import VelaturaError

#: What the system says of a disk that takes no more.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: What it says of a place that was not well chosen.
_MISPLACED = (
    errno.EACCES,
    errno.EEXIST,
    errno.EILSEQ,
    errno.EINVAL,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
)
#: What it says where a file cannot be asked to be on the disk.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
#: An ordinary new file, as the person's umask allows.
_MODE = 0o666


def store(path: Path, data: bytes, *, overwrite: bool = True) -> None:
    """Write ``data`` to ``path``, making its folder. Where that fails, all is as it was.

    Raises:
        VelaturaError: ``disk_full``, or ``invalid_value`` for a place that cannot be written to, also because something
            is there and ``overwrite`` is False.
    """
    place = Path(os.path.realpath(path)) if overwrite else path  # what a link leads to, rather than the link
    try:
        with _folder(place.parent, keep=True), _temporary(place.parent, data) as temporary:
            if overwrite:
                with contextlib.suppress(OSError):
                    temporary.chmod(stat.S_IMODE(place.stat().st_mode))
                temporary.replace(place)
            else:
                _give_name(temporary, place)
    except FileExistsError as error:
        raise _exists(path) if os.path.lexists(path) else cannot_write(path, error) from None
    except OSError as error:
        raise cannot_write(path, error) from None


def store_numbered(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
    """Write ``data`` into ``folder`` as ``STEM`` + ``SUFFIX``, or ``STEM-2`` ...: the first name that is free.

    Raises:
        VelaturaError: as ``store``.
    """
    try:
        with _folder(folder, keep=True), _temporary(folder, data) as temporary:
            number, path = 1, folder / f"{stem}{suffix}"
            while not _takes_name(temporary, path):
                number += 1
                path = folder / f"{stem}-{number}{suffix}"
            return path
    except OSError as error:
        raise cannot_write(folder, error) from None


def check_place(path: Path, *, overwrite: bool) -> None:
    """Refuse what ``store`` could not do there. It is tried out, on the disk, and leaves nothing behind.

    Raises:
        VelaturaError: as ``store``.
    """
    try:
        status = path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise cannot_write(path, error) from None
        status = None  # not there, or a link that leads nowhere; or nothing can be: that shows below
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise VelaturaError("invalid_value", f"{path} is a folder. Give the name of a file.")
    if os.path.lexists(path) and not overwrite:
        raise _exists(path)
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise VelaturaError("invalid_value", f"{path} is not an ordinary file. Give another name.")
    # root may write everything, and still somebody has protected this file
    if status is not None and not (status.st_mode & 0o222 and os.access(path, os.W_OK)):
        raise VelaturaError("invalid_value", f"{path} is write-protected. Give another name, or allow writing to it.")
    place = Path(os.path.realpath(path)) if overwrite else path
    try:
        with _folder(place.parent, keep=False), _temporary(place.parent, b"Velatura"):
            if not os.path.lexists(place):
                os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))
                place.unlink()
    except OSError as error:
        raise cannot_write(path, error) from None


def check_room(folder: Path, needed: int) -> None:
    """Refuse to begin what will not fit. ``needed``: bytes, at most.

    Raises:
        VelaturaError: ``disk_full``.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return  # then writing will tell
    if usage.total and usage.free < needed:
        raise VelaturaError(
            "disk_full",
            f"{folder} has room for {usage.free / 2**20:.1f} MiB, and the result may need {needed / 2**20:.1f} MiB. "
            "Free some space or choose another place.",
        )


def cannot_write(path: Path, error: OSError) -> VelaturaError:
    """The sentence for what the system said, and the code that says whose turn it is."""
    reason = f"{path} cannot be written ({error.strerror or type(error).__name__})."
    if error.errno in _FULL:
        return VelaturaError("disk_full", f"{reason} Free some space or choose another place.")
    if error.errno in _MISPLACED:
        return VelaturaError("invalid_value", f"{reason} Choose another name or folder.")
    return VelaturaError("disk_full", f"{reason} Look after the disk, or choose another place.")


def _exists(path: Path) -> VelaturaError:
    return VelaturaError(
        "invalid_value", f"{path} exists already. Give another name, or --overwrite to replace what is there."
    )


@contextmanager
def _folder(folder: Path, *, keep: bool) -> Iterator[None]:
    """Inside the block the folder exists. What was made for it goes away again, unless ``keep`` and all went well."""
    made: list[Path] = []
    try:
        missing = list(itertools.takewhile(lambda each: not each.exists(), (folder, *folder.parents)))
        for each in reversed(missing):
            try:
                each.mkdir()
                made.append(each)
            except FileExistsError:  # another program made it at this moment, or it is a link that leads nowhere
                if not each.is_dir():
                    raise
        yield
    except BaseException:
        _remove_folders(made)
        raise
    if not keep:
        _remove_folders(made)


def _remove_folders(folders: list[Path]) -> None:
    for each in reversed(folders):
        with contextlib.suppress(OSError):  # somebody has put something in
            each.rmdir()


@contextmanager
def _temporary(folder: Path, data: bytes) -> Iterator[Path]:
    """A file with ``data``, on the disk, under a name that is short wherever a name may be. Gone after the block."""
    path = folder / f".velatura-{secrets.token_hex(8)}"
    binary: int = getattr(os, "O_BINARY", 0)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, _MODE)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            _sync(lambda: os.fsync(stream.fileno()))
        yield path
        _sync_folder(folder)
    finally:
        with contextlib.suppress(OSError):  # it has got its name, or the disk is gone
            path.unlink()


def _give_name(temporary: Path, path: Path) -> None:
    """Raises ``FileExistsError`` when something of that name is there, whoever made it and however late."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # a file system without hard links: take the name, then put the file in its place
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))
        try:
            temporary.replace(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _takes_name(temporary: Path, path: Path) -> bool:
    try:
        _give_name(temporary, path)
    except FileExistsError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """The name, too, is on the disk. Not every system can be asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sync(action: Callable[[], None]) -> None:
    try:
        action()
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
