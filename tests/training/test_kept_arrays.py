"""What is kept beside a run: found again for the same data only, gone on with, and refused where there is no room."""

import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from velatura_daemon.training import commands, kept_array
from velatura_daemon.training.control import kept_maps, read_maps
from velatura_daemon.training.disk_space import require_space
from velatura_daemon.training.kept_array import KeptArray
from velatura_daemon.training.pictures import Picture, read_folder
from velatura_daemon.training.settings import ControlSettings
from velatura_daemon.training.vae import read_pictures
from velatura_protocol.errors import VelaturaError

SIDE = 32
Usage = namedtuple("Usage", "total used free")


def quiet(_done: int, _of: int) -> None: ...


def free(number: int) -> Callable[[object], Usage]:
    return lambda _path: Usage(10**12, 0, number)


@pytest.fixture
def data(squares: Path, tmp_path: Path) -> Path:
    """A copy whose pictures may be changed."""
    return shutil.copytree(squares, tmp_path / "data")


def pictures_of(folder: Path) -> tuple[Picture, ...]:
    return read_folder(folder).pictures


def turn(path: Path) -> None:
    """Another picture of the same size under the same name."""
    from PIL import Image

    with Image.open(path) as image:
        turned = image.transpose(Image.Transpose.ROTATE_180)
    turned.save(path)


def test_pictures_are_found_again_only_when_they_are_the_same(data: Path, tmp_path: Path) -> None:
    """Read once; after one of them changed, its number and size being as before, all are read anew."""
    read: list[int] = []
    run = tmp_path / "run"
    run.mkdir()
    first = np.array(read_pictures(pictures_of(data), SIDE, run, lambda done, _of: read.append(done)))
    again = np.array(read_pictures(pictures_of(data), SIDE, run, lambda done, _of: read.append(done)))
    assert [12] == read
    assert np.array_equal(first, again)

    turn(data / "3.png")
    changed = np.array(read_pictures(pictures_of(data), SIDE, run, quiet))
    assert [3] == [index for index in range(12) if not np.array_equal(first[index], changed[index])]


def test_maps_are_found_again_only_for_the_same_kind_and_maps(data: Path, tmp_path: Path) -> None:
    """Edges and depth have one shape; a depth map that was changed beside its picture counts too."""
    run = tmp_path / "run"
    run.mkdir()

    def maps(kind: str) -> np.ndarray:
        pictures = pictures_of(data)
        return np.array(read_maps(kept_maps(pictures, kind, SIDE, run), pictures, kind, SIDE, quiet))

    edges, depth = maps("edges"), maps("depth")
    assert not np.array_equal(edges, depth)
    assert np.array_equal(depth, maps("depth"))
    turn(data / "5d.png")
    assert [5] == [index for index, one in enumerate(maps("depth")) if not np.array_equal(one, depth[index])]


def test_maps_that_are_missing_and_kinds_that_are_unknown_are_named(data: Path, tmp_path: Path) -> None:
    """Before anything is made."""
    (data / "5d.png").unlink()
    with pytest.raises(VelaturaError, match=r"1 maps .* for instance .*5d\.png"):
        kept_maps(pictures_of(data), "depth", SIDE, tmp_path)
    with pytest.raises(VelaturaError, match="no control 'smell'"):
        kept_maps(pictures_of(data), "smell", SIDE, tmp_path)


def test_interrupted_array_goes_on_where_it_was_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noted after every 4 rows, stopped in the third pair: the rows before are not made again."""
    monkeypatch.setattr(kept_array, "_FLUSH_EVERY", 4)
    made: list[int] = []

    def make(start: int, end: int) -> np.ndarray:
        made.append(start)
        return np.arange(start, end, dtype=np.uint8)[:, None]

    def stop_at_six(done: int, _of: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    kept = KeptArray(folder=tmp_path, name="rows", key="k", shape=(9, 1), dtype=np.uint8)
    with pytest.raises(KeyboardInterrupt):
        kept.filled(2, make, stop_at_six)
    assert 5 == kept.missing_bytes
    whole = kept.filled(2, make, quiet)

    assert [0, 2, 4, 4, 6, 8] == made
    assert list(range(9)) == whole[:, 0].tolist()
    assert 0 == kept.missing_bytes


def test_too_little_room_is_said_before_anything_is_made(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How much is needed and where; a file that is only mapped would be there already, and empty."""
    run = tmp_path / "run"
    run.mkdir()
    monkeypatch.setattr("shutil.disk_usage", free(12 * SIDE * SIDE * 3 - 1))
    with pytest.raises(VelaturaError) as caught:
        read_pictures(pictures_of(data), SIDE, run, quiet)
    assert "disk_full" == caught.value.info.code
    assert f"{run} has 0 MB free, and the pictures of 12 pictures need 1 MB there" in caught.value.info.message
    assert [] == list(run.iterdir())

    monkeypatch.setattr("shutil.disk_usage", free(12 * SIDE * SIDE * 3))
    assert 12 == len(read_pictures(pictures_of(data), SIDE, run, quiet))
    require_space(tmp_path / "not" / "there" / "yet", 1, "files")


def test_latents_and_maps_must_find_room_together(
    data: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for the latents alone is not enough to begin a ControlNet: nothing is encoded."""
    order = commands.Order(
        data=data, out=tmp_path / "net", resume=False, device="cpu", as_json=False, base=str(tiny_model)
    )
    latents, maps = 12 * 4 * 4 * 4 * 4, 12 * SIDE * SIDE
    monkeypatch.setattr("shutil.disk_usage", free(latents + maps - 1))
    with pytest.raises(VelaturaError) as caught:
        commands.train_control(order, ControlSettings(steps=1), "depth")

    assert "disk_full" == caught.value.info.code
    assert ["settings.json"] == [path.name for path in (tmp_path / "net" / "training").iterdir()]
