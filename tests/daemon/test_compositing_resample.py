"""Changing sizes and reading every pixel format that may travel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_daemon.compositing.resample import resize_mask, resize_rgb, to_mask8, to_rgba8
from velatura_protocol.images import CHANNEL_LAYOUTS, ImageRef

#: Two rows of two pixels: black, white, an sRGB mid-tone, a dark orange; the last channel is alpha.
RGBA = np.array([[[0, 0, 0, 255], [255, 255, 255, 0]], [[188, 188, 188, 51], [120, 60, 5, 255]]], np.uint8)


def linear_light(rgb: np.ndarray) -> np.ndarray:
    """0..1 sRGB to linear light, by the formula of IEC 61966-2-1."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def in_layout(rgba: np.ndarray, channels: str) -> np.ndarray:
    if channels == "Y":
        return rgba[..., :1]
    return {"RGB": rgba[..., :3], "RGBA": rgba, "BGRA": rgba[..., [2, 1, 0, 3]]}[channels]


def in_dtype(values: np.ndarray, dtype: str) -> bytes:
    """``values`` 0..1 as little-endian samples."""
    if dtype in ("u8", "u16"):
        full = 255 if dtype == "u8" else 65535
        return np.round(values * full).astype("<u1" if dtype == "u8" else "<u2").tobytes()
    return values.astype("<f2" if dtype == "f16" else "<f4").tobytes()


@pytest.mark.parametrize("colour_space", ["srgb", "none", "linear-srgb"])
@pytest.mark.parametrize("dtype", ["u8", "u16", "f16", "f32"])
@pytest.mark.parametrize("channels", CHANNEL_LAYOUTS)
def test_every_layout_type_and_colour_space_is_read(channels, dtype, colour_space):
    """The same picture in 48 forms gives the same pixels, to the precision that 8 linear bits and half floats have."""
    expected = RGBA.copy()
    if channels == "Y":
        expected[..., :3] = expected[..., :1]
    if channels in ("Y", "RGB"):
        expected[..., 3] = 255
    values = in_layout(RGBA, channels) / 255
    if colour_space == "linear-srgb":
        colours = min(3, values.shape[2])
        values[..., :colours] = linear_light(values[..., :colours])
    image = ImageRef(0, 2, 2, channels=channels, dtype=dtype, colour_space=colour_space)
    read = to_rgba8(in_dtype(values, dtype), image)
    assert ((2, 2, 4), np.uint8) == (read.shape, read.dtype)
    tolerance = 9 if (dtype, colour_space) == ("u8", "linear-srgb") else 0
    assert tolerance >= np.abs(read.astype(int) - expected).max()


def test_floats_that_are_no_colours_are_bounded():
    """NaN reads as 0, infinities and values beyond 0..1 as the ends of the range, without a warning."""
    values = np.array([np.nan, -np.inf, np.inf, 7.5, -0.25, 0.5], "<f4")
    for colour_space, middle in (("srgb", 128), ("linear-srgb", 188)):
        image = ImageRef(0, 6, 1, channels="Y", dtype="f32", colour_space=colour_space)
        assert [0, 0, 255, 255, 0, middle] == to_rgba8(values.tobytes(), image)[0, :, 0].tolist()


@pytest.mark.parametrize("dtype", ["u8", "u16", "f16", "f32"])
def test_masks_are_read_linearly(dtype):
    """A mask's 50 % is 128, whatever the samples: no transfer curve applies to it."""
    image = ImageRef(0, 3, 1, channels="Y", dtype=dtype, colour_space="none", meaning="mask")
    assert [0, 128, 255] == to_mask8(in_dtype(np.array([0, 128 / 255, 1]), dtype), image)[0].tolist()


def test_fine_hatching_keeps_its_brightness():
    """Black and white lines of one pixel reduce to the grey that they look like from afar (188), not to 128."""
    lines = np.zeros((64, 64, 3), np.uint8)
    lines[::2] = 255
    assert 188 == np.median(resize_rgb(lines, 32, 32))


def test_every_grey_survives_linear_light():
    """Reducing a plain colour changes none of the 256 codes."""
    for code in range(256):
        assert (resize_rgb(np.full((4, 4, 3), code, np.uint8), 2, 2) == code).all()


def test_the_same_size_is_the_same_picture():
    """Nothing is blurred where nothing has to change."""
    picture = np.random.default_rng(0).integers(0, 256, (17, 23, 3), np.uint8)
    np.testing.assert_array_equal(picture, resize_rgb(picture, 23, 17))
    np.testing.assert_array_equal(picture[..., 0], resize_mask(picture[..., 0], 23, 17))


side = st.integers(1, 70)


@settings(max_examples=200, deadline=None)
@given(side, side, side, side, st.integers(0, 255), st.integers(0, 255))
def test_any_size_becomes_any_size_without_overshoot_of_masks(height, width, new_height, new_width, low, high):
    """From 1 x 1 on, each axis up or down for itself; a mask stays between its least and its greatest value."""
    low, high = min(low, high), max(low, high)
    mask = np.random.default_rng(height * 71 + width).integers(low, high + 1, (height, width)).astype(np.uint8)
    resized = resize_mask(mask, new_width, new_height)
    assert (new_height, new_width) == resized.shape
    assert mask.min() <= resized.min() <= resized.max() <= mask.max()
    picture = resize_rgb(np.dstack((mask, mask, mask)), new_width, new_height)
    assert ((new_height, new_width, 3), np.uint8) == (picture.shape, picture.dtype)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 4))
def test_pixels_stay_where_they_are(factor):
    """Enlarged and reduced again, a spot is at its place: no half-pixel shift moves a patch."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[4:6, 9:11] = 255
    back = resize_rgb(resize_rgb(picture, 16 * factor, 16 * factor), 16, 16)
    rows, columns = np.nonzero(back[..., 0] > 128)
    assert (4.5, 9.5) == (rows.mean(), columns.mean())
