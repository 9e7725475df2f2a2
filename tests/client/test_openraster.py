"""OpenRaster: layers stay as they were, paintings look as they should, and hostile files get a sentence."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pixel_files import flat, ora_of

from velatura_cli.files import ora_archive
from velatura_cli.files.blend import composite
from velatura_cli.files.ora import OraPainting, decode_ora
from velatura_cli.files.ora_render import lay_patch, render
from velatura_cli.files.png import encode_png, read_recipe
from velatura_protocol.errors import VelaturaError

EXAMPLES = Path(__file__).parents[2] / "examples"


def picture(width: int = 40, height: int = 30, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


def example() -> OraPainting:
    painting, _merged = decode_ora((EXAMPLES / "harbour.ora").read_bytes(), "harbour.ora")
    return painting


def test_example_painting_reads_as_it_looks() -> None:
    """Our own compositing agrees with the merged picture in the file."""
    painting, merged = decode_ora((EXAMPLES / "harbour.ora").read_bytes(), "harbour.ora")

    assert merged is not None
    assert np.array_equal(render(painting), merged)
    assert [layer.get("name") for layer in painting.layers()][:3] == ["Flowers", "Shore", "Boat"]


def test_written_file_is_openraster() -> None:
    """mimetype first and uncompressed; stack, merged picture and thumbnail are there."""
    painting = example()
    with zipfile.ZipFile(io.BytesIO(painting.encode(render(painting)))) as archive:
        first = archive.infolist()[0]
        names = archive.namelist()
        with Image.open(archive.open("Thumbnails/thumbnail.png")) as thumbnail:
            size = thumbnail.size

    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"} <= set(names)
    assert size == (256, 192)


def test_untouched_layers_keep_their_bytes() -> None:
    """Insert a layer and read again: all other layers' PNGs, places and attributes are the same."""
    painting = example()
    before = dict(painting.files)
    patch = picture(20, 10)
    painting.insert("new", encode_png(patch), 5, -3, above=painting.layer("Boat"))
    again, _merged = decode_ora(painting.encode(render(painting)), "again")

    assert {name: again.files[name] for name in before} == before
    names = [layer.get("name") for layer in again.layers()]
    assert names[names.index("Boat") - 1] == "new"
    pixels, x, y = again.pixels(again.layer("new"))
    assert np.array_equal(pixels, patch)
    assert (x, y) == (5, -3)


def test_nested_stacks_offsets_opacity_and_visibility() -> None:
    """A group at half opacity, an offset, a hidden layer, a multiplied one."""
    stack = """<image w="4" h="4"><stack>
      <layer src="data/hidden.png" visibility="hidden"/>
      <stack opacity="0.5"><layer src="data/white.png" x="2" y="0"/></stack>
      <layer src="data/grey.png" composite-op="svg:multiply" x="-2"/>
      <layer src="data/red.png"/>
    </stack></image>"""
    files = {
        "data/hidden.png": flat((0, 255, 0, 255)),
        "data/white.png": flat((255, 255, 255, 255)),
        "data/grey.png": flat((128, 128, 128, 255)),
        "data/red.png": flat((200, 0, 0, 255)),
    }
    painting, merged = decode_ora(ora_of(stack, files), "x")
    made = render(painting)

    assert merged is None
    assert made[0, 0].tolist() == [100, 0, 0, 255]
    assert made[0, 2].tolist() == [228, 128, 128, 255]
    assert painting.active_layer() is painting.layers()[0]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("svg:src-over", (200, 100, 50)),
        ("svg:multiply", (78, 59, 39)),
        ("svg:screen", (222, 191, 211)),
        ("svg:darken", (100, 100, 50)),
        ("svg:lighten", (200, 150, 200)),
        ("svg:difference", (100, 50, 150)),
        ("svg:plus", (255, 250, 250)),
        ("svg:overlay", (157, 127, 167)),
        ("svg:hard-light", (188, 118, 78)),
        ("svg:color-dodge", (255, 247, 249)),
        ("svg:color-burn", (57, 0, 0)),
        ("made-up", (200, 100, 50)),
    ],
)
def test_composite_operations(operation: str, expected: tuple[int, int, int]) -> None:
    """Two opaque colours, worked out by hand from the W3C formulas."""
    backdrop = np.array([[[100, 150, 200, 255]]], np.uint8)
    source = np.array([[[200, 100, 50, 255]]], np.uint8)

    assert np.abs(composite(backdrop, source, operation)[0, 0, :3].astype(int) - expected).max() <= 1


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_every_operation_stays_in_range(backdrop_alpha: int, source_alpha: int, seed: int) -> None:
    """Where the source is transparent nothing changes with svg:src-over; nothing overflows with the others."""
    random = np.random.default_rng(seed)
    backdrop, source = random.integers(0, 256, (2, 3, 3, 4), np.uint8)
    backdrop[..., 3], source[..., 3] = backdrop_alpha, source_alpha
    source[0, :, 3] = 0

    for operation in ("svg:hue", "svg:saturation", "svg:color", "svg:luminosity", "svg:soft-light", "svg:src-over"):
        assert np.array_equal(composite(backdrop, source, operation)[0], backdrop[0])
    kept = composite(backdrop, source, "svg:dst-in")
    assert int(kept[0, :, 3].max()) == 0


def test_patch_changes_nothing_outside_its_alpha() -> None:
    """Bit for bit, also where the patch overhangs the canvas."""
    canvas, patch = picture(60, 50), picture(30, 30, seed=2)
    patch[10:, :, 3] = 0
    laid = lay_patch(canvas, patch, -5, 30)

    assert np.array_equal(laid[:30], canvas[:30])
    assert np.array_equal(laid[40:], canvas[40:])
    assert np.array_equal(laid[:, 25:], canvas[:, 25:])
    assert not np.array_equal(laid, canvas)


DEEP = "<stack>" * 100 + "</stack>" * 100
BILLION = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><image w="1" h="1"><stack/></image>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_value"),
        (b"PK\x03\x04 half a zip", "invalid_value"),
        (ora_of("<image w='4' h='4'><stack/></image>", {}, mimetype=b"application/zip"), "invalid_value"),
        (ora_of("<image w='4' h='4'>", {}), "invalid_value"),
        (ora_of("<image w='4' h='4'/>", {}), "invalid_value"),
        (ora_of("<image w='x' h='4'><stack/></image>", {}), "invalid_value"),
        (ora_of("<image w='1e400' h='4'><stack/></image>", {}), "invalid_value"),
        (ora_of("<image w='0' h='4'><stack/></image>", {}), "image_too_large"),
        (ora_of("<image w='30000' h='30000'><stack/></image>", {}), "image_too_large"),
        (ora_of(f"<image w='4' h='4'>{DEEP}</image>", {}), "invalid_value"),
        (ora_of(BILLION, {}), "invalid_value"),
        (ora_of("<image w='4' h='4'><stack><layer src='gone.png'/></stack></image>", {}), "invalid_value"),
        (ora_of("<image w='4' h='4'><stack><layer src='a'/></stack></image>", {"a": b"no png"}), "invalid_value"),
    ],
)
def test_hostile_openraster_gets_a_sentence(data: bytes, code: str, error_code: Callable) -> None:
    """Not a zip, no stack, huge claims, entities, missing and damaged layers."""

    def read() -> None:
        painting, _merged = decode_ora(data, "x.ora")
        render(painting)

    assert error_code(read) == code


def test_zip_bomb_is_refused_before_unpacking(error_code: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """16 MiB of zeros in 16 kB, where 1 MiB is allowed, are refused by their declared size."""
    monkeypatch.setattr(ora_archive, "LARGEST_CONTENT", 1 << 20)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("data/bomb.png", bytes(1 << 24))

    assert len(stream.getvalue()) < 1 << 15
    assert error_code(decode_ora, stream.getvalue(), "x.ora") == "image_too_large"


def test_entry_that_inflates_to_more_than_it_says_costs_no_more(error_code: Callable) -> None:
    """It declares 100 bytes and holds 64 MiB: refused, with a few MiB of memory."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("data/bomb.png", bytes(1 << 26))
    data = stream.getvalue()
    lying = data.replace(struct.pack("<I", 1 << 26), struct.pack("<I", 100))
    assert lying != data

    tracemalloc.start()
    try:
        assert error_code(decode_ora, lying, "x.ora") == "invalid_value"
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["<layer/>" * 90_000, "<x><y/></x>" * 50_000])
def test_more_layers_than_anything_holds_are_refused(part: str, error_code: Callable) -> None:
    """As soon as they are counted, not after all were built."""
    assert (
        error_code(decode_ora, ora_of(f"<image w='4' h='4'><stack>{part}</stack></image>", {}), "x") == "invalid_value"
    )


def test_layer_that_claims_to_be_huge_is_refused(error_code: Callable, claiming_png: Callable) -> None:
    """The limits hold for each layer's picture too."""
    stack = "<image w='4' h='4'><stack><layer src='a'/></stack></image>"
    painting, _merged = decode_ora(ora_of(stack, {"a": claiming_png(30000, 30000)}), "x.ora")

    assert error_code(render, painting) == "image_too_large"


@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 100_000), value=st.integers(0, 255))
def test_damaged_openraster_never_ends_in_a_traceback(position: int, value: int) -> None:
    """Any byte changed: a painting or a sentence."""
    stack = "<image w='4' h='4'><stack><layer src='data/a.png' x='1' opacity='0.5'/></stack></image>"
    data = bytearray(ora_of(stack, {"data/a.png": flat((1, 2, 3, 4))}))
    data[position % len(data)] = value
    try:
        painting, _merged = decode_ora(bytes(data), "x")
        render(painting)
    except VelaturaError as error:
        assert error.info.code in ("invalid_value", "image_too_large")


def test_recipe_travels_inside_the_layer(recipe: dict) -> None:
    """The layer's own PNG keeps the recipe."""
    painting = OraPainting.empty(10, 10)
    painting.insert("a", encode_png(picture(4, 4), recipe), 0, 0, above=None)
    again, _merged = decode_ora(painting.encode(render(painting)), "x")

    assert read_recipe(again.files[again.layer("a").get("src", "")], "x") == recipe
