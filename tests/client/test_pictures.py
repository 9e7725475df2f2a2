"""Picture files: what is written can be read, and hostile files get a sentence."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from velatura_cli.files.picture import decode_mask, decode_rgba, read_file
from velatura_cli.files.png import encode_png, parameters_text, read_recipe
from velatura_cli.files.store import store
from velatura_protocol.errors import VelaturaError


def picture(width: int = 40, height: int = 30, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


def png_of(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


def test_png_gives_pixels_and_recipe_back(recipe: dict) -> None:
    """Every pixel, the recipe with its Chinese, and the text that other programs read."""
    data = encode_png(picture(), recipe)

    assert np.array_equal(decode_rgba(data, "x"), picture())
    assert read_recipe(data, "x") == recipe
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["parameters"] == parameters_text(recipe)


def test_parameters_are_written_as_other_programs_read_them(recipe: dict) -> None:
    """Prompt, negative prompt, then one line of pairs."""
    assert parameters_text(recipe).splitlines() == [
        "a red fox, 森",
        "Negative prompt: blur",
        "Steps: 20, Sampler: euler, CFG scale: 5, Seed: 42, Size: 128x96, Model: pochade, Denoising strength: 0.6, "
        "Version: velatura 0.1.0",
    ]


def test_png_without_recipe(error_code: Callable) -> None:
    """A picture of another program has none; a damaged one says so; no PNG at all says so."""
    assert read_recipe(encode_png(picture()), "x") is None
    assert error_code(read_recipe, b"GIF89a", "x") == "invalid_value"


def test_colour_profile_is_converted_to_srgb() -> None:
    """Numbers of another colour space change so that the colours stay."""
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    red = Image.new("RGB", (4, 4), (200, 30, 30))
    swapped = _profile_with_swapped_primaries()
    data = png_of(red, icc_profile=swapped)

    plain = decode_rgba(png_of(red, icc_profile=ImageCms.ImageCmsProfile(srgb).tobytes()), "x")
    converted = decode_rgba(data, "x")

    assert plain[0, 0].tolist() == [200, 30, 30, 255]
    assert converted[0, 0, 2] > 150  # that profile calls blue what others call red
    assert converted[0, 0, 0] < 80
    assert decode_rgba(png_of(red, icc_profile=ImageCms.ImageCmsProfile(lab).tobytes()), "x")[0, 0, 0] == 200
    assert decode_rgba(png_of(red, icc_profile=b"no profile"), "x")[0, 0, 0] == 200


def _profile_with_swapped_primaries() -> bytes:
    """sRGB with the tags of red and blue exchanged: a colour space that no other program would take for sRGB."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    places = {bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    data[places[b"rXYZ"] : places[b"rXYZ"] + 4] = b"bXYZ"
    data[places[b"bXYZ"] : places[b"bXYZ"] + 4] = b"rXYZ"
    return bytes(data)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_becomes_rgba(mode: str) -> None:
    """Grey, palette, one bit and sixteen bits come out as the colours that they are."""
    if mode == "I;16":
        image = Image.fromarray(np.full((3, 5), 0x8080, np.uint16))
    else:
        image = Image.new("RGBA", (5, 3), (255, 255, 255, 255)).convert(mode)
    rgba = decode_rgba(png_of(image), "x")

    grey = 128 if mode == "I;16" else 255
    assert rgba.shape == (3, 5, 4)
    assert rgba[0, 0].tolist() == [grey, grey, grey, 255]


def test_alpha_is_kept_straight() -> None:
    """Colours under transparency stay; palette transparency counts."""
    image = Image.new("RGBA", (2, 1), (10, 20, 30, 0))
    assert decode_rgba(png_of(image), "x")[0, 0].tolist() == [10, 20, 30, 0]

    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([9, 9, 9])
    assert decode_rgba(png_of(palette, transparency=0), "x")[0, 0, 3] == 0


def test_photo_is_turned_upright() -> None:
    """The orientation that cameras note is obeyed."""
    image = Image.new("RGB", (8, 4), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif)

    assert decode_rgba(stream.getvalue(), "x").shape == (8, 4, 4)


def test_mask_is_grey_times_alpha() -> None:
    """255 = repaint; what is transparent is not repainted."""
    assert decode_mask(png_of(Image.new("L", (2, 2), 200)), "x")[0, 0] == 200
    assert decode_mask(png_of(Image.new("RGBA", (2, 2), (255, 255, 255, 0))), "x")[0, 0] == 0
    assert decode_mask(png_of(Image.new("LA", (2, 2), (255, 128))), "x")[0, 0] == 128


@pytest.mark.parametrize(("width", "height"), [(30000, 30000), (100_000, 1), (2**31 - 1, 2**31 - 1), (20000, 8000)])
def test_huge_picture_is_refused_before_decoding(
    width: int, height: int, error_code: Callable, claiming_png: Callable
) -> None:
    """A decompression bomb is refused by its numbers."""
    assert error_code(decode_rgba, claiming_png(width, height), "x") in ("image_too_large", "invalid_value")
    assert error_code(decode_mask, claiming_png(width, height), "x") in ("image_too_large", "invalid_value")


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%PDF-1.7", b"\x00" * 1000, b"GIF89a" + bytes(20)]
)
def test_what_is_no_picture_is_told(data: bytes, error_code: Callable) -> None:
    """Other files, and formats that are not offered."""
    assert error_code(decode_rgba, data, "x") == "invalid_value"


def test_truncated_picture_is_told(error_code: Callable) -> None:
    """Half a PNG is not half a picture."""
    data = encode_png(picture(200, 200))
    assert error_code(decode_rgba, data[: len(data) // 2], "x") == "invalid_value"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(position=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.integers(0, 10_000))
def test_damaged_picture_never_ends_in_a_traceback(position: int, value: int, cut: int) -> None:
    """Any byte changed, any length cut: a picture or a sentence."""
    data = bytearray(encode_png(picture(16, 16)))
    data[position % len(data)] = value
    for damaged in (bytes(data), bytes(data[: cut % len(data)])):
        try:
            decode_rgba(damaged, "x")
            decode_mask(damaged, "x")
        except VelaturaError as error:
            assert error.info.code in ("invalid_value", "image_too_large")


def test_missing_file_is_told(tmp_path: Path, error_code: Callable) -> None:
    """A name that does not exist, and a folder."""
    assert error_code(read_file, tmp_path / "gone.png") == "invalid_value"
    assert error_code(read_file, tmp_path) == "invalid_value"


def test_store_replaces_or_leaves_alone(tmp_path: Path, error_code: Callable) -> None:
    """A file is written whole into new folders; where that fails the old one stays and nothing else is left."""
    path = tmp_path / "new" / "a.png"
    store(path, b"one")
    store(path, b"two")
    assert path.read_bytes() == b"two"
    assert error_code(store, path / "below a file.png", b"x") == "invalid_value"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.png"]
