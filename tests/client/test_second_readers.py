"""Files are read as every other program reads them: compared with ImageMagick on files of all kinds."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from picture_kinds import HEIGHT, WIDTH, Kind, counted, kinds, png_of, tiff_of, waves
from PIL import Image, ImageOps
from second_readers import difference, read_by_imagemagick, write_by_imagemagick

from velatura_cli.files.picture import decode_control_map, decode_mask, decode_rgba
from velatura_protocol.errors import VelaturaError

PNGSUITE = sorted((Path(__file__).parent / "picture_files" / "pngsuite").glob("*.png"))
KINDS = list(kinds())


def test_there_are_enough_kinds() -> None:
    """A hundred files and more, each with a name of its own, and the whole PngSuite that pypng carries."""
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 100
    assert 28 == len(PNGSUITE)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_file_looks_as_in_imagemagick_or_says_why_not(kind: Kind, tmp_path: Path) -> None:
    """The mean difference is at most 1 of 255, or the kind has its own sentence; no other kind has one."""
    notes: list[str] = []
    ours = decode_rgba(kind.data, kind.name, notes)
    path = tmp_path / f"file{Path(kind.name).suffix}"
    path.write_bytes(kind.data)

    if kind.sentence:
        assert [kind.name, kind.sentence] == [part for part in (kind.name, kind.sentence) if part in " ".join(notes)]
    else:
        assert [] == notes
        assert difference(ours, read_by_imagemagick(path)).mean() <= 1


@pytest.mark.parametrize("path", PNGSUITE, ids=[path.stem for path in PNGSUITE])
def test_pngsuite_looks_as_in_imagemagick(path: Path) -> None:
    """Within 2 of 255 in every pixel, gamma and transparency included."""
    ours = decode_rgba(path.read_bytes(), path.name)

    assert difference(ours, read_by_imagemagick(path)).max() <= 2


def test_linear_files_look_as_in_imagemagick(tmp_path: Path) -> None:
    """What ImageMagick does not leave out, a gamma of 1, comes out the same in both, besides its sentence."""
    for kind in KINDS:
        if kind.name.startswith("linear"):
            path = tmp_path / "linear.png"
            path.write_bytes(kind.data)
            assert difference(decode_rgba(kind.data, kind.name), read_by_imagemagick(path)).max() <= 2, kind.name


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_reader_turns_alike(turn: int) -> None:
    """PNG and TIFF of 8 and 16 bits stand as Pillow turns them, as a picture, as a mask and as a map."""
    named = {kind.name: kind.data for kind in KINDS}
    flat = Image.fromarray(counted(waves(3), 8))
    flat.getexif()[0x0112] = turn
    upright = np.asarray(ImageOps.exif_transpose(flat))

    for form in ("png", "tif"):
        data = named[f"turned {turn}.{form}"]
        assert np.array_equal(upright, decode_rgba(data, "x")[..., :3])
        assert np.array_equal(upright, decode_control_map(data, "x")[..., :3])
        grey = np.asarray(Image.fromarray(upright).convert("L")).astype(int)
        assert np.abs(grey - decode_mask(data, "x")).max() <= 1
        deep = decode_rgba(named[f"turned {turn} deep.{form}"], "x")
        assert deep.shape[:2] == upright.shape[:2]
        assert np.abs(deep[..., :3].astype(int) - upright).max() <= 1


@pytest.mark.parametrize("kind", ["u16", "f16", "f32"])
def test_deep_numbers_are_rounded_once(kind: str) -> None:
    """To the nearest of 256: not cut, as the upper byte would be."""
    numbers = {"u16": counted(waves(1), 16), "f16": waves(1).astype(np.float16), "f32": waves(1).astype(np.float32)}[
        kind
    ]
    largest = 65535 if kind == "u16" else 1
    expected = np.rint(numbers[..., 0].astype(np.float64) / largest * 255)

    assert np.array_equal(expected, decode_mask(tiff_of(numbers[..., 0]), "x"))
    if kind == "u16":
        assert np.array_equal(expected, decode_mask(png_of(waves(1), 16), "x"))
        assert np.array_equal(expected, decode_rgba(png_of(waves(1), 16), "x")[..., 0])


def test_mask_and_map_take_numbers_as_they_are() -> None:
    """Of a file with another gamma too, and say so; the picture is converted."""
    data = png_of(waves(1), 8, gamma=1.0)
    raw = counted(waves(1), 8)[..., 0]
    notes: list[str] = []

    assert np.array_equal(raw, decode_mask(data, "m.png", notes))
    assert np.array_equal(raw, decode_control_map(data, "m.png", notes)[..., 1])
    assert not np.array_equal(raw, decode_rgba(data, "m.png")[..., 0])
    assert ["m.png is encoded with gamma 1; as a mask or map its numbers were taken as they are."] * 2 == notes


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_transparent_colour_of_a_mask_is_not_repainted(bits: int) -> None:
    """White that the file calls transparent is 0 in a mask, at every depth."""
    mask = decode_mask(png_of(waves(1), bits, transparent=(1 << bits) - 1), "x")

    assert 0 == mask[4, 0]
    assert (HEIGHT, WIDTH) == mask.shape


#: How it is packed, bits, kind of number, predictor (1 = none). ImageMagick itself ends with an error for the others.
PACKINGS = [
    *((packing, bits, "unsigned", 1) for packing in ("None", "RLE") for bits in (16, 32)),
    *((packing, bits, "unsigned", 2) for packing in ("Zip", "LZW") for bits in (16, 32)),
    *((packing, bits, "floating-point", 3) for packing in ("Zip", "LZW") for bits in (16, 32)),
]


@pytest.mark.parametrize(("packing", "bits", "form", "predictor"), PACKINGS)
@pytest.mark.parametrize("order", ["msb", "lsb"])
def test_deep_tiffs_of_imagemagick_are_read(
    packing: str, bits: int, form: str, predictor: int, order: str, tmp_path: Path
) -> None:
    """Packed in four ways, with differences of numbers and of floats, in both byte orders, channels in planes."""
    source = tmp_path / "source.png"
    source.write_bytes(png_of(waves(4), 16))
    options = [f"quantum:format={form}", f"tiff:endian={order}"]
    if predictor > 1:
        options.append(f"tiff:predictor={predictor}")
    defines = [word for option in options for word in ("-define", option)]
    write_by_imagemagick(source, tmp_path / "made.tif", "-depth", str(bits), *defines, "-compress", packing)
    ours = decode_rgba((tmp_path / "made.tif").read_bytes(), "made.tif")

    assert difference(ours, read_by_imagemagick(tmp_path / "made.tif")).mean() <= 1


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.name.endswith((".tif", ".webp", ".jpg"))][::5], ids=lambda kind: kind.name
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(places=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=4), cut=st.integers(0, 20_000))
def test_damaged_files_never_end_in_a_traceback(kind: Kind, places: list[tuple[int, int]], cut: int) -> None:
    """Any bytes changed, any length cut: a picture or a sentence."""
    data = bytearray(kind.data)
    for place, value in places:
        data[place % len(data)] = value
    for damaged in (bytes(data), bytes(data[: cut % len(data)])):
        for decode in (decode_rgba, decode_mask):
            try:
                decode(damaged, "x")
            except VelaturaError as error:
                assert error.info.code in ("invalid_value", "image_too_large")
                assert error.info.message.endswith(".")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tiff_of(np.zeros((4, 4, 3), np.uint16), photometric="cielab"), "colours of the kind 8"),
        (lambda: with_bits(12), "12 bits a channel"),
        (lambda: with_bits(24), "24 bits a channel"),
    ],
)
def test_kinds_that_are_not_read_are_told(make: Callable[[], bytes], words: str) -> None:
    """What the file has, and what to do."""
    with pytest.raises(VelaturaError, match=words) as caught:
        decode_rgba(make(), "x.tif")
    assert "invalid_value" == caught.value.info.code
    assert caught.value.info.message.endswith("Save it again as PNG.")


def with_bits(bits: int) -> bytes:
    """A grey TIFF of 16 bits that says another number."""
    data = tiff_of(np.zeros((4, 4), np.uint16), photometric="minisblack", metadata=None)
    entry = struct.pack("<HHIH", 258, 3, 1, 16)
    assert 1 == data.count(entry)
    return data.replace(entry, struct.pack("<HHIH", 258, 3, 1, bits))
