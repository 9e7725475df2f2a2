"""Picture files of all kinds, generated: the same bytes every time."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import png
import tifffile
from PIL import Image

WIDTH, HEIGHT = 37, 23
#: Between colours and whatever ``exif`` says, nothing may be taken for the other: neither side is symmetric.
DEPTHS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Kind:
    """``sentence``: a part of the note that our reader gives, "" = it gives none. ``data``: the file."""

    name: str
    data: bytes
    sentence: str = ""


def waves(channels: int, seed: int = 0) -> np.ndarray:
    """(HEIGHT, WIDTH, channels) float 0..1, smooth and different in every direction, with full black and white."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / (HEIGHT, WIDTH)[:1]
    made = [np.cos(3 * x + (2 + seed + k) * y + k) * 0.5 + 0.5 - 0.3 * x * y * (k % 2) for k in range(channels)]
    picture = np.clip(np.stack(made, axis=-1), 0, 1)
    picture[:3, :5], picture[3:5, :4] = 0, 1
    return picture


def counted(picture: np.ndarray, bits: int) -> np.ndarray:
    """``picture`` in whole numbers of so many bits."""
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    return np.rint(picture * ((1 << bits) - 1)).astype(kind)


def with_chunks(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks right after its header."""
    head = 8 + 25
    more = b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    return data[:head] + more + data[head:]


def exif_of(orientation: int, kind: int = 3, order: str = "<") -> bytes:
    """An EXIF block that says only the orientation; ``kind``: 3 = SHORT, 9 = SLONG ..."""
    code = {1: "B3x", 3: "H2x", 4: "I", 6: "b3x", 8: "h2x", 9: "i"}[kind]
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(order + "HHI" + code, 0x0112, kind, 1, orientation)
    return mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", 1) + entry + bytes(4)


def png_of(picture: np.ndarray, bits: int, **options: Any) -> bytes:
    """By pypng. ``picture``: (height, width, channels) float 0..1; its channels say the colour type."""
    height, width, channels = picture.shape
    rows = counted(picture, bits).reshape(height, width * channels)
    return _written(
        png.Writer(width, height, greyscale=channels < 3, alpha=channels in (2, 4), bitdepth=bits, **options), rows
    )


def palette_png(bits: int, transparent: bool, **options: Any) -> bytes:
    """By pypng; every entry of the palette has a colour of its own, the first ones are translucent where wanted."""
    count = 1 << bits
    colours = [(37 * index % 256, 91 * index % 256, 255 - 53 * index % 256) for index in range(count)]
    if transparent:
        colours = [(*colour, min(255, 85 * index)) for index, colour in enumerate(colours)]
    rows = counted(waves(1), bits)[..., 0]
    return _written(png.Writer(WIDTH, HEIGHT, palette=colours, bitdepth=bits, **options), rows)


def _written(writer: png.Writer, rows: np.ndarray) -> bytes:
    stream = io.BytesIO()
    writer.write(stream, rows.tolist()) if not writer.interlace else writer.write_array(
        stream, rows.reshape(-1).tolist()
    )
    return stream.getvalue()


def pillow(picture: np.ndarray, form: str, mode: str = "RGB", **options: Any) -> bytes:
    stream = io.BytesIO()
    colours = counted(picture, 8)
    image = Image.fromarray(colours[..., 0] if colours.shape[-1] == 1 else colours)
    (image if image.mode == mode else image.convert(mode)).save(stream, form, **options)
    return stream.getvalue()


def tiff_of(numbers: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, numbers, **options)
    return stream.getvalue()


def kinds() -> Iterator[Kind]:
    yield from png_kinds()
    yield from png_colour_kinds()
    yield from turned_kinds()
    yield from pillow_kinds()
    yield from tiff_kinds()


def png_kinds() -> Iterator[Kind]:
    for interlace in (False, True):
        form = " interlaced" if interlace else ""
        for bits in DEPTHS:
            yield Kind(f"grey {bits}{form}.png", png_of(waves(1), bits, interlace=interlace))
            top = (1 << bits) - 1
            yield Kind(
                f"grey {bits} white transparent{form}.png", png_of(waves(1), bits, interlace=interlace, transparent=top)
            )
            if bits < 16:
                for transparent in (False, True)[: 1 + (bits <= 8)]:
                    name = f"palette {bits}{' translucent' if transparent else ''}{form}.png"
                    yield Kind(name, palette_png(bits, transparent, interlace=interlace))
        for bits in (8, 16):
            for channels, name in ((2, "grey alpha"), (3, "rgb"), (4, "rgba")):
                yield Kind(f"{name} {bits}{form}.png", png_of(waves(channels), bits, interlace=interlace))
            black = png_of(waves(3), bits, interlace=interlace, transparent=(0, 0, 0))
            yield Kind(f"rgb {bits} black transparent{form}.png", black)


def png_colour_kinds() -> Iterator[Kind]:
    for bits in (8, 16):
        for channels in (1, 3, 4):
            linear = png_of(waves(channels), bits, gamma=1.0)
            yield Kind(f"linear {channels} channels {bits}.png", linear, "encoded with gamma 1;")
        yield Kind(f"gamma of sRGB {bits}.png", png_of(waves(3), bits, gamma=0.45455))
        srgb = with_chunks(png_of(waves(3), bits), (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000)))
        yield Kind(f"sRGB before gamma {bits}.png", srgb)
    yield Kind("gamma 0.6.png", png_of(waves(3), 8, gamma=0.6), "encoded with gamma 0.6;")
    wide = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    gama = (b"gAMA", struct.pack(">I", 45455))
    yield Kind("wide primaries.png", with_chunks(png_of(waves(3), 8), gama, (b"cHRM", wide)), "primaries of its own")
    yield Kind("primaries alone.png", with_chunks(png_of(waves(3), 8), (b"cHRM", wide)), "says no gamma")
    p3 = with_chunks(png_of(waves(3), 8), (b"cICP", bytes([12, 13, 0, 1])))
    yield Kind("display p3.png", p3, "primaries of its own")
    hdr = with_chunks(png_of(waves(3), 8), (b"cICP", bytes([9, 16, 0, 1])))
    yield Kind("hdr.png", hdr, "cICP 9-16-0-1")


def turned_kinds() -> Iterator[Kind]:
    for turn in range(1, 9):
        exif = exif_of(turn, order="<" if turn % 2 else ">")
        yield Kind(f"turned {turn}.jpg", pillow(waves(3), "JPEG", exif=b"Exif\0\0" + exif))
        # ImageMagick 6 does not look for EXIF in a PNG
        told = "" if turn == 1 else f"turned upright, as its EXIF says (orientation {turn})"
        yield Kind(f"turned {turn}.png", with_chunks(png_of(waves(3), 8), (b"eXIf", exif)), told)
        yield Kind(f"turned {turn} deep.png", with_chunks(png_of(waves(4), 16), (b"eXIf", exif)), told)
        where = [(274, "H", 1, turn, True)]
        yield Kind(f"turned {turn}.tif", tiff_of(counted(waves(3), 8), photometric="rgb", extratags=where))
        yield Kind(f"turned {turn} deep.tif", tiff_of(counted(waves(3), 16), photometric="rgb", extratags=where))


def pillow_kinds() -> Iterator[Kind]:
    for mode, form, options in (
        ("L", "JPEG", {}),
        ("RGB", "JPEG", {"quality": 30}),
        ("RGB", "JPEG", {"quality": 90, "progressive": True, "subsampling": 0}),
        ("CMYK", "JPEG", {"quality": 95}),
        ("RGB", "WEBP", {"lossless": True}),
        ("RGB", "WEBP", {"quality": 60}),
        ("1", "BMP", {}),
        ("L", "BMP", {}),
        ("P", "BMP", {}),
        ("RGB", "BMP", {}),
        ("CMYK", "TIFF", {}),
        ("YCbCr", "TIFF", {}),
        ("P", "TIFF", {"compression": "tiff_lzw"}),
        ("1", "TIFF", {"compression": "group4"}),
        ("L", "TIFF", {"compression": "packbits"}),
        ("RGB", "TIFF", {"compression": "jpeg"}),
        ("RGB", "TIFF", {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
    ):
        words = " ".join(str(value) for value in options.values())
        yield Kind(f"pillow {mode} {words}.{form.lower()}", pillow(waves(3), form, mode, **options))
    for form, options in (("WEBP", {"lossless": True, "exact": True}), ("TIFF", {}), ("PNG", {})):
        yield Kind(f"pillow RGBA.{form.lower()}", pillow(waves(4), form, "RGBA", **options))
    lab = Image.fromarray(counted(waves(3), 8)).convert("LAB")
    stream = io.BytesIO()
    lab.save(stream, "TIFF")
    yield Kind("pillow LAB.tif", stream.getvalue(), "is in L*a*b*;")
    deep = Image.fromarray(counted(waves(1), 16)[..., 0])
    floats = Image.fromarray(waves(1)[..., 0].astype(np.float32))
    for name, image in (("deep", deep), ("floats", floats)):
        for compression in ("tiff_lzw", "packbits", "tiff_adobe_deflate"):
            for predictor in (1, 2) if compression != "packbits" and name == "deep" else (1,):
                stream = io.BytesIO()
                image.save(stream, "TIFF", compression=compression, tiffinfo={317: predictor})
                yield Kind(f"pillow {name} {compression} {predictor}.tif", stream.getvalue())


def tiff_kinds() -> Iterator[Kind]:
    for channels, photometric in ((1, "minisblack"), (3, "rgb")):
        picture = waves(channels)
        picture = picture[..., 0] if channels == 1 else picture
        forms = {
            "u8": counted(picture, 8),
            "u16": counted(picture, 16),
            "u32": counted(picture, 32),
            "f16": picture.astype(np.float16),
            "f32": picture.astype(np.float32),
            "f64": picture.astype(np.float64),
        }
        for name, numbers in forms.items():
            yield Kind(f"{name} {photometric}.tif", tiff_of(numbers, photometric=photometric))
            big = tiff_of(numbers, photometric=photometric, byteorder=">", compression="zlib", rowsperstrip=5)
            yield Kind(f"{name} {photometric} big-endian deflate.tif", big)
        signed = (forms["u16"] ^ 0x8000).view(np.int16)
        yield Kind(f"i16 {photometric}.tif", tiff_of(signed, photometric=photometric), "signed numbers")
        tiles = tiff_of(forms["u16"], photometric=photometric, tile=(16, 16), compression="zlib")
        yield Kind(f"u16 {photometric} tiles.tif", tiles)
        yield Kind(f"f32 {photometric} bigtiff.tif", tiff_of(forms["f32"], photometric=photometric, bigtiff=True))
        beyond = (picture * 3 - 1).astype(np.float32)
        yield Kind(f"f32 {photometric} beyond.tif", tiff_of(beyond, photometric=photometric), "what is beyond was cut")
    for bits in (8, 16):
        yield Kind(f"u{bits} white is zero.tif", tiff_of(counted(waves(1), bits)[..., 0], photometric="miniswhite"))
        four = waves(4)
        for extra in ("unassalpha", "assocalpha"):
            numbers = counted(four * four[..., 3:] ** [1, 1, 1, 0] if extra == "assocalpha" else four, bits)
            yield Kind(f"u{bits} {extra}.tif", tiff_of(numbers, photometric="rgb", extrasamples=[extra]))
        pair = tiff_of(
            counted(waves(2), bits), photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
        )
        yield Kind(f"u{bits} grey alpha.tif", pair)
        planes = np.moveaxis(counted(waves(3), bits), -1, 0)
        yield Kind(f"u{bits} planes.tif", tiff_of(planes, photometric="rgb", planarconfig="separate"))
