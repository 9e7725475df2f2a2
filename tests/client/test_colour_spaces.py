"""Colour spaces that files name: by profile, by gamma and primaries, by code. Each ends in sRGB, or is told."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_kinds import counted, png_of, tiff_of, waves, with_chunks
from PIL import Image, ImageCms

from velatura_cli.files.colour_space import SRGB_PRIMARIES, matrix_to_srgb
from velatura_cli.files.icc_profile import icc_curves
from velatura_cli.files.picture import decode_rgba

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_of(curve: bytes, *, turn_primaries: bool = False) -> bytes:
    """sRGB's profile with another curve for all three channels, and perhaps red, green and blue changed round."""
    tags = {}
    (count,) = struct.unpack_from(">I", SRGB, 128)
    for index in range(count):
        name, place, length = struct.unpack_from(">4sII", SRGB, 132 + 12 * index)
        tags[name] = SRGB[place : place + length]
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    if turn_primaries:
        tags[b"rXYZ"], tags[b"gXYZ"], tags[b"bXYZ"] = tags[b"gXYZ"], tags[b"bXYZ"], tags[b"rXYZ"]
    table, body = struct.pack(">I", len(tags)), b""
    start = 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    whole = SRGB[:128] + table + body
    return struct.pack(">I", len(whole)) + whole[4:]


def curv(*values: int) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


def para(kind: int, *values: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(f">HH{len(values)}i", kind, 0, *(round(value * 65536) for value in values))


CURVES = {
    "linear": curv(),
    "gamma 1.8": curv(round(1.8 * 256)),
    "table": curv(*(round(65535 * (step / 40) ** 2.2) for step in range(41))),
    "para 0": para(0, 2.4),
    "para 1": para(1, 2.0, 1.1, -0.1),
    "para 2": para(2, 2.0, 0.9, -0.1, 0.0),
    "para 3": para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "para 4": para(4, 2.0, 0.9, 0.1, 0.7, 0.2, -0.01, 0.0),
}


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("turn_primaries", [False, True])
def test_deep_pictures_are_converted_as_littlecms_does_it(curve: bytes, turn_primaries: bool) -> None:
    """16 bits through our curves and 8 bits through LittleCMS: the same where 8 bits are exact enough."""
    profile = profile_of(curve, turn_primaries=turn_primaries)
    picture = counted(waves(3), 8)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", icc_profile=profile)
    deep = tiff_of(picture.astype(np.uint16) * 257, photometric="rgb", iccprofile=profile)

    assert np.abs(decode_rgba(stream.getvalue(), "x").astype(int) - decode_rgba(deep, "x")).max() <= 2


def test_dark_tones_of_a_linear_picture_stay_smooth() -> None:
    """With its 16 bits used to the end: no step is larger than one of 255, where 8 bits would jump by 12."""
    ramp = np.arange(0, 2000, dtype=np.uint16)[None, :, None].repeat(3, axis=2)
    made = decode_rgba(tiff_of(ramp, photometric="rgb", iccprofile=profile_of(curv())), "x")

    assert 1 == np.diff(made[0, 40:, 0].astype(int)).max()
    assert 49 == made[0, -1, 0]  # 255 * (1.055 * (1999 / 65535) ** (1 / 2.4) - 0.055)


def test_png_profile_comes_before_srgb_and_gamma() -> None:
    """And the code of cICP before the profile."""
    data = png_of(waves(3), 16)
    iccp = (b"iCCP", b"x\0\0" + zlib.compress(profile_of(curv())))
    gama = (b"gAMA", struct.pack(">I", 45455))
    plain = decode_rgba(data, "x")

    assert not np.array_equal(plain, decode_rgba(with_chunks(data, iccp, gama), "x"))
    assert np.array_equal(plain, decode_rgba(with_chunks(data, (b"cICP", bytes([1, 13, 0, 1])), iccp), "x"))
    assert np.array_equal(plain, decode_rgba(with_chunks(data, (b"sRGB", b"\0"), (b"gAMA", bytes(4))), "x"))


def test_profile_for_other_channels_is_used_for_grey_or_told() -> None:
    """A profile of RGB on a grey picture is meant for its grey; one of inks on RGB is told."""
    notes: list[str] = []
    stream = io.BytesIO()
    Image.fromarray(counted(waves(1), 8)[..., 0]).save(stream, "PNG", icc_profile=profile_of(curv()))
    lighter = decode_rgba(stream.getvalue(), "x", notes)

    assert lighter[10, 10, 0] > counted(waves(1), 8)[10, 10, 0]
    assert [] == notes
    stream = io.BytesIO()
    Image.fromarray(counted(waves(3), 8)).save(stream, "PNG", icc_profile=b"no profile")
    assert np.array_equal(counted(waves(3), 8), decode_rgba(stream.getvalue(), "x.png", notes)[..., :3])
    assert ["The colour profile of x.png cannot be used for it and was ignored: it was read as sRGB."] == notes


def test_display_p3_is_known_by_its_code() -> None:
    """Its full red is outside of sRGB, its grey is the same; the numbers are those of CSS Color 4."""
    pixels = np.array([[[1, 0, 0], [0.5, 0.5, 0.5], [0.3, 0.6, 0.4]]])
    made = decode_rgba(with_chunks(png_of(pixels, 16), (b"cICP", bytes([12, 13, 0, 1]))), "x")

    assert [[255, 0, 0], [128, 128, 128], [36, 155, 97]] == made[0, :, :3].tolist()


def test_sensible_primaries_only() -> None:
    """sRGB's own need no matrix; colours on one line, or without light, are refused."""
    assert matrix_to_srgb(SRGB_PRIMARIES) is None
    for bad in ((0.3, 0.3), (0.0, 0.0)):
        with pytest.raises(ValueError, match="primar"):
            matrix_to_srgb((SRGB_PRIMARIES[0], bad, bad, bad))


@pytest.mark.parametrize("content", [bytes(32), b"\xff" * 32, b"short"])
def test_impossible_primaries_are_told(content: bytes) -> None:
    """The gamma beside them still counts."""
    notes: list[str] = []
    data = with_chunks(png_of(waves(3), 8), (b"gAMA", struct.pack(">I", 45455)), (b"cHRM", content))

    assert np.array_equal(counted(waves(3), 8), decode_rgba(data, "x", notes)[..., :3])
    assert ["those of no colours" in note for note in notes] == [True]


@pytest.mark.parametrize("gama", [b"", bytes(4), b"\xff\xff\xff\xff", b"\0\0\0\1", b"12345"])
def test_impossible_gamma_does_no_harm(gama: bytes) -> None:
    """Nothing, zero, thousands: a picture comes out."""
    assert (23, 37, 4) == decode_rgba(with_chunks(png_of(waves(3), 8), (b"gAMA", gama)), "x").shape


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.integers(0, 10_000))
def test_damaged_profile_never_ends_in_a_traceback(place: int, value: int, cut: int) -> None:
    """Any byte changed, any length cut: curves in range, or none."""
    data = bytearray(profile_of(CURVES["para 3"]))
    data[place % len(data)] = value
    for damaged in (bytes(data), bytes(data[: cut % len(data)])):
        curves = icc_curves(damaged)
        if curves is not None:
            made = curves.to_srgb(np.linspace(0, 1, 12, dtype=np.float32).reshape(2, -1, curves.channels))
            assert np.isfinite(made).all()
            assert 0 <= made.min() <= made.max() <= 1
