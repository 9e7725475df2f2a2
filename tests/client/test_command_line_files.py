"""Files of others on the command line, against the real daemon: what they say is done, or told before it is painted."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from picture_kinds import counted, exif_of, png_of, waves, with_chunks
from PIL import Image, ImageFilter, ImageOps
from pixel_files import flat, ora_of
from pyora import Project

from velatura_cli.__main__ import main
from velatura_cli.files.ora import decode_ora
from velatura_cli.files.ora_render import render

COLOUR = (200, 40, 60)  # of the test engine


@dataclass(frozen=True)
class Painted:
    code: int
    told: dict
    err: str


@pytest.fixture
def paint(shared_daemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Painted]:
    """``velatura generate --json`` with more options, with the module's daemon behind it."""

    def paint(*options: object) -> Painted:
        arguments = ["velatura", "generate", "--prompt", "apple", "--seed", "1", "--json", *map(str, options)]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Painted(int(ended.value.code or 0), json.loads(captured.out), captured.err)

    return paint


def save(path: Path, picture: np.ndarray, **options: object) -> Path:
    Image.fromarray(picture).save(path, **options)
    return path


def test_stray_pixel_does_not_stretch_the_region(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """A hole of 120 pixels and one corner pixel of 1: painted as without it, and told in both outputs."""
    canvas = save(tmp_path / "canvas.png", np.full((600, 800, 3), 90, np.uint8))
    mask = np.zeros((600, 800), np.uint8)
    mask[200:320, 300:420] = 255
    clean = save(tmp_path / "clean.png", mask)
    mask[0, 799] = 1
    stray = save(tmp_path / "stray.png", mask)
    without = paint("--canvas", canvas, "--mask", clean, "--out", tmp_path / "a.png")
    made = paint("--canvas", canvas, "--mask", stray, "--out", tmp_path / "b.png")

    assert [without.told["region"], without.told["size_run"]] == [made.told["region"], made.told["size_run"]]
    assert [] == without.told["notes"]
    (note,) = made.told["notes"]
    assert note.startswith("1 pixel of the mask lies apart")
    assert note in made.err.replace("\n", " ")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(Image.open(tmp_path / "b.png")))


@pytest.mark.parametrize("turn", [3, 6])
@pytest.mark.parametrize("form", ["jpg", "png", "tif"])
def test_photo_and_its_mask_lie_on_each_other(
    paint: Callable[..., Painted], tmp_path: Path, turn: int, form: str
) -> None:
    """Both turned by their EXIF: what was marked in the upright photo is what is painted."""
    mask = np.zeros((192, 256), np.uint8)
    mask[20:80, 30:110] = 255
    files = []
    for name, picture in (("photo", np.full((192, 256, 3), 90, np.uint8)), ("mask", mask)):
        image = Image.fromarray(picture)
        image.getexif()[0x0112] = turn
        files.append(tmp_path / f"{name}.{form}")
        image.save(files[-1], exif=image.getexif())
    made = paint("--canvas", files[0], "--mask", files[1], "--out", tmp_path / "out.png")
    marked = Image.fromarray(mask)
    marked.getexif()[0x0112] = turn
    upright = ImageOps.exif_transpose(marked)
    inside = np.asarray(upright.filter(ImageFilter.MinFilter(17))) == 255
    outside = np.asarray(upright.filter(ImageFilter.MaxFilter(65))) == 0
    painted = np.asarray(Image.open(tmp_path / "out.png").convert("RGB"))

    assert 0 == made.code
    assert inside.shape == painted.shape[:2]
    assert [list(COLOUR)] == np.unique(painted[inside], axis=0).tolist()
    assert [[90, 90, 90]] == np.unique(painted[outside], axis=0).tolist()


LOST = """<image w='160' h='128'><stack><layer name='gone' src='data/gone.png' x='10' y='10'/>
<layer name='v' src='data/v.svg'/><layer name='bg' src='data/b.png'/></stack></image>"""


def lost_files(*, merged: bool) -> bytes:
    files = {"data/v.svg": b"<svg/>", "data/b.png": flat((60, 90, 120, 255), 160, 128)}
    return ora_of(LOST, {**files, **({"mergedimage.png": flat((70, 90, 120, 255), 160, 128)} if merged else {})})


def test_painting_with_lost_layers_is_painted_on(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """They are named before, and stand in the written file as they were, under the new layer."""
    (tmp_path / "lost.ora").write_bytes(lost_files(merged=True))
    mask = np.zeros((128, 160), np.uint8)
    mask[40:90, 50:110] = 255
    save(tmp_path / "mask.png", mask)
    out = tmp_path / "out.ora"
    made = paint("--canvas", tmp_path / "lost.ora", "--mask", tmp_path / "mask.png", "--out", out)
    painting, merged = decode_ora(out.read_bytes(), "out.ora")

    assert 0 == made.code
    assert ["'gone', 'v'" in note for note in made.told["notes"]] == [True]
    assert "'gone', 'v'" in made.err
    assert {"gone", "v", "bg", *made.told["layers"]} == {node.name for node in painting.nodes()}
    assert b"<svg/>" == painting.files["data/v.svg"]
    assert merged is not None
    assert (list(COLOUR), [70, 90, 120]) == (merged[65, 80, :3].tolist(), merged[2, 2, :3].tolist())


def test_painting_that_nobody_can_show_is_refused_before(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """Without a merged picture nothing is painted, and nothing is written."""
    (tmp_path / "lost.ora").write_bytes(lost_files(merged=False))
    made = paint("--canvas", tmp_path / "lost.ora", "--out", tmp_path / "out.ora")

    assert (2, "invalid_value") == (made.code, made.told["error"]["code"])
    assert "'gone', 'v'" in made.told["error"]["message"]
    assert ["lost.ora"] == [path.name for path in tmp_path.iterdir()]


def test_painting_of_pyora_is_painted_on(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """Its names with a stroke before them; pyora reads what we write, and sees the same."""
    project = Project.new(160, 128)
    project.add_layer(Image.new("RGBA", (160, 128), (60, 90, 120, 255)), "ground")
    group = project.add_group("things", isolated=True)
    group.add_layer(Image.new("RGBA", (30, 30), (250, 250, 0, 255)), "square", offsets=(10, 8))
    stream = io.BytesIO()
    project.save(stream)
    (tmp_path / "a.ora").write_bytes(stream.getvalue())
    out = tmp_path / "out.ora"
    made = paint("--canvas", tmp_path / "a.ora", "--out", out)
    again = Project.load(str(out))
    _painting, merged = decode_ora(out.read_bytes(), "out.ora")

    assert ([], 0) == (made.told["notes"], made.code)
    assert merged is not None
    seen = np.asarray(again.get_image_data(use_original=False)).astype(int)
    assert np.abs(merged - seen).max() <= 2
    assert {"ground", "square", *made.told["layers"]} == {layer.name for layer in again}


def test_moved_group_and_comma_are_read(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """What is painted on is what the file means: a square at 60, 30, and one at half opacity."""
    stack = """<image w='160' h='128'><stack><stack name='g' x='50' y='20'><layer src='r' x='10' y='10'/></stack>
      <layer src='r' x='100' y='60' opacity='0,5'/><layer src='b'/></stack></image>"""
    files = {"r": flat((250, 0, 0, 255), 8, 8), "b": flat((0, 0, 0, 255), 160, 128)}
    (tmp_path / "a.ora").write_bytes(ora_of(stack, files))
    mask = np.zeros((128, 160), np.uint8)
    mask[90:, :40] = 255
    save(tmp_path / "mask.png", mask)
    made = paint("--canvas", tmp_path / "a.ora", "--mask", tmp_path / "mask.png", "--out", tmp_path / "out.ora")
    painting, merged = decode_ora((tmp_path / "out.ora").read_bytes(), "out.ora")

    assert merged is not None
    assert ([250, 0, 0, 255], [125, 0, 0, 255]) == (merged[33, 63].tolist(), merged[64, 104].tolist())
    assert np.array_equal(render(painting), merged)
    assert ["'g'" in note for note in made.told["notes"]] == [True]


def test_deep_canvas_and_float_control_are_read_and_told(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """16 bits come back as 8, said before; floats beyond 1 are cut, said too."""
    deep = np.full((96, 128), 30000, np.uint16)
    save(tmp_path / "deep.png", deep)
    save(tmp_path / "map.tif", np.full((96, 128), 2.0, np.float32))
    control = f"edges={tmp_path / 'map.tif'},prepared=yes"
    made = paint("--canvas", tmp_path / "deep.png", "--control", control, "--out", tmp_path / "out.png")

    assert 0 == made.code, made.told
    first, second = made.told["notes"]
    assert first.startswith("deep.png has 16 bits")
    assert second.startswith("map.tif has numbers from 2 to 2")


def test_damaged_exif_is_no_reason_to_refuse(paint: Callable[..., Painted], tmp_path: Path) -> None:
    """A block that is cut: painted on as it is stored, without a word."""
    data = with_chunks(png_of(waves(3), 8), (b"eXIf", exif_of(6)[:-9]))
    (tmp_path / "a.png").write_bytes(data)
    made = paint("--canvas", tmp_path / "a.png", "--strength", 0.3, "--out", tmp_path / "out.png")

    assert (0, []) == (made.code, made.told["notes"])
    assert counted(waves(3), 8).shape == np.asarray(Image.open(tmp_path / "out.png").convert("RGB")).shape
