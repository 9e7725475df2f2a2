"""Files are put into their place whole, and none is replaced unasked, whatever the disk does and when."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from velatura_cli.files.store import check_place, check_room, store, store_numbered
from velatura_protocol.errors import VelaturaError

OLD, NEW = b"old", b"new" * 1000


class Disk:
    """Counts what is asked of the disk; the call of number ``fails_at`` meets ``error``, and so do all later ones that
    need space. Taking files away always works.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.fails_at = -1
        self.error = errno.ENOSPC
        self.has_links = True
        for owner, name in ((os, "open"), (os, "fsync"), (os, "link"), (os, "replace"), (os, "mkdir"), (os, "fdopen")):
            monkeypatch.setattr(owner, name, self._watched(name, getattr(owner, name)))

    def _watched(self, name: str, call: Callable) -> Callable:
        def watched(*arguments: object, **options: object) -> object:
            if name == "link" and not self.has_links:
                raise OSError(errno.EPERM, os.strerror(errno.EPERM))
            if name == "open" and arguments[1] == os.O_RDONLY:
                return call(*arguments, **options)
            self.calls += 1
            if 0 <= self.fails_at < self.calls:
                if name == "fdopen":
                    os.close(arguments[0])
                raise OSError(self.error, os.strerror(self.error))
            return call(*arguments, **options)

        return watched


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def content(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


WRITERS = {
    "new": lambda folder: store(folder / "new.png", NEW, overwrite=False),
    "into a new folder": lambda folder: store(folder / "a" / "b" / "new.png", NEW, overwrite=False),
    "replacing": lambda folder: store(folder / "old.png", NEW, overwrite=True),
    "numbered": lambda folder: store_numbered(folder, "old", ".png", NEW),
}


@pytest.mark.parametrize("has_links", [True, False], ids=["links", "no links"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("way", WRITERS)
def test_fault_at_every_call(disk: Disk, tmp_path: Path, way: str, error: int, has_links: bool) -> None:
    """Whichever call to the system is the first to fail: the old or the new file, whole, and nothing else."""
    disk.error, disk.has_links = error, has_links
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old.png").write_bytes(OLD)
    disk.calls, disk.fails_at, failures = 0, 0, 0
    while True:
        disk.calls = 0
        try:
            WRITERS[way](folder)
        except VelaturaError as fault:
            assert (
                "disk_full" if error in (errno.ENOSPC, errno.EDQUOT, errno.EIO) else "invalid_value"
            ) == fault.info.code
            assert fault.info.message.endswith(".")
            assert {"old.png": OLD} == content(folder)
            assert ["old.png"] == [each.name for each in folder.iterdir()]
            failures += 1
            disk.fails_at += 1
            continue
        break

    assert failures >= 3
    assert NEW in content(folder).values()
    assert (way == "replacing") == (OLD not in content(folder).values())


def test_name_that_appears_between_looking_and_writing(disk: Disk, tmp_path: Path) -> None:
    """Another program's file is not replaced: neither by a link nor, where there are none, by taking the name."""
    for disk.has_links in (True, False):
        path = tmp_path / f"{disk.has_links}.png"
        check_place(path, overwrite=False)
        path.write_bytes(OLD)
        with pytest.raises(VelaturaError, match="exists already"):
            store(path, NEW, overwrite=False)
        assert OLD == path.read_bytes()
    assert ["False.png", "True.png"] == sorted(content(tmp_path))


def test_numbers_go_on(tmp_path: Path) -> None:
    """The first free one, also past folders and links that lead nowhere."""
    (tmp_path / "a-2.png").mkdir()
    (tmp_path / "a-3.png").symlink_to(tmp_path / "gone")
    made = [store_numbered(tmp_path, "a", ".png", NEW).name for _ in range(3)]

    assert ["a.png", "a-4.png", "a-5.png"] == made
    assert not (tmp_path / "gone").exists()


def test_link_goes_on_leading_to_its_file(tmp_path: Path) -> None:
    """Replaced is what the link leads to."""
    (tmp_path / "real.png").write_bytes(OLD)
    (tmp_path / "link.png").symlink_to("real.png")
    store(tmp_path / "link.png", NEW, overwrite=True)

    assert (tmp_path / "link.png").is_symlink()
    assert NEW == (tmp_path / "real.png").read_bytes()


def test_umask_is_heeded(tmp_path: Path) -> None:
    """A new file has the mode of any new file."""
    earlier = os.umask(0o027)
    try:
        store(tmp_path / "a", NEW, overwrite=False)
    finally:
        os.umask(earlier)
    assert 0o640 == (tmp_path / "a").stat().st_mode & 0o777


def test_looking_beforehand_leaves_nothing(tmp_path: Path) -> None:
    """Neither files nor the folders that were made to try; what is there is not touched."""
    (tmp_path / "old").write_bytes(OLD)
    check_place(tmp_path / "a" / "b" / "c.png", overwrite=False)
    check_place(tmp_path / "old", overwrite=True)

    assert {"old": OLD} == content(tmp_path)
    assert ["old"] == [each.name for each in tmp_path.iterdir()]


def test_room_is_compared(tmp_path: Path) -> None:
    """More than any disk has is refused, for a folder that will be made, too."""
    check_room(tmp_path / "new", 1)
    with pytest.raises(VelaturaError) as caught:
        check_room(tmp_path / "new" / "folder", 1 << 62)
    assert "disk_full" == caught.value.info.code
