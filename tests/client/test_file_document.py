"""Files as the document of a job: which region a mask decides, what is told, paintings with lost layers."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from pixel_files import flat, ora_of, png_of

from velatura_cli.control_option import read_control_option
from velatura_cli.document import FileDocument, open_document
from velatura_cli.files.ora_render import merged_with_patch
from velatura_client.selection import DIRT, deciding_value
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

SIZE = (80, 60)


def document(folder: Path, mask: np.ndarray) -> FileDocument:
    (folder / "canvas.png").write_bytes(flat((9, 9, 9, 255), *SIZE))
    (folder / "mask.png").write_bytes(png_of(Image.fromarray(mask)))
    return open_document(folder / "canvas.png", layer=None, mask=str(folder / "mask.png"))


def black() -> np.ndarray:
    return np.zeros(SIZE[::-1], np.uint8)


@pytest.mark.parametrize("dirt", [1, 2, DIRT])
def test_stray_pixels_do_not_decide_the_region(tmp_path: Path, dirt: int) -> None:
    """A hole of 10 x 12 and next to nothing in three corners: the hole is the region, the dirt stays in the mask."""
    mask = black()
    mask[20:32, 30:40] = 255
    mask[0, 0] = mask[59, 79] = mask[59, 0] = dirt
    read = document(tmp_path, mask)

    assert Rect(30, 20, 10, 12) == read.selection_bounds()
    assert np.array_equal(mask.ravel(), np.frombuffer(read.read_mask(Rect(0, 0, *SIZE)).data, np.uint8))
    (note,) = read.notes_on_region(Rect(10, 10, 50, 40))
    assert note.startswith("3 pixels of the mask")
    assert f"at most {dirt} of 255" in note


def test_what_is_selected_at_all_decides_above_the_dirt(tmp_path: Path) -> None:
    """One step above: even a single pixel is meant."""
    mask = black()
    mask[20:32, 30:40] = 255
    mask[0, 0] = DIRT + 1

    assert Rect(0, 0, 40, 32) == document(tmp_path, mask).selection_bounds()


def test_soft_edge_blends_beyond_the_region(tmp_path: Path) -> None:
    """A feathered hole: the region leaves out only its faintest rim, and all of the rim near it is in the mask."""
    image = Image.fromarray(black())
    image.paste(255, (30, 20, 50, 40))
    mask = np.asarray(image.filter(ImageFilter.GaussianBlur(4)))
    read = document(tmp_path, mask)
    bounds = read.selection_bounds()

    assert bounds is not None
    assert Rect(30, 20, 20, 20) == bounds.intersection(Rect(30, 20, 20, 20))
    outside = mask.copy()
    outside[bounds.y : bounds.bottom, bounds.x : bounds.right] = 0
    assert 0 < outside.max() <= DIRT
    seen = np.frombuffer(read.read_mask(bounds.grown(8)).data, np.uint8)
    assert np.count_nonzero(mask) == np.count_nonzero(seen)
    assert [] == read.notes_on_region(bounds.grown(8))


def test_mask_that_is_faint_everywhere_counts_and_is_told(tmp_path: Path) -> None:
    """It is all that was selected."""
    mask = black()
    mask[5:7, 6:9] = 2
    read = document(tmp_path, mask)

    assert Rect(6, 5, 3, 2) == read.selection_bounds()
    assert ["strongest value is 2 of 255" in note for note in read.notes] == [True]


def test_black_mask_is_refused(tmp_path: Path) -> None:
    """Nothing is selected at all."""
    with pytest.raises(VelaturaError, match="black everywhere") as caught:
        document(tmp_path, black()).selection_bounds()
    assert "empty_selection" == caught.value.info.code


def test_rule_for_editors_is_the_same() -> None:
    """The client says which value decides: above the dirt, or any where there is nothing stronger."""
    assert [(0, 1), (1, 1), (DIRT, 1), (DIRT + 1, DIRT + 1), (255, DIRT + 1)] == [
        (value, deciding_value(value)) for value in (0, 1, DIRT, DIRT + 1, 255)
    ]


@pytest.mark.parametrize("quality", [30, 75])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_lossy_masks_keep_their_region(tmp_path: Path, form: str, quality: int) -> None:
    """What compression leaves around a hole does not stretch the region by more than the reach of its blocks."""
    image = Image.new("L", (400, 300))
    image.paste(255, (120, 90, 180, 160))
    image.convert("RGB").save(tmp_path / "mask", form, quality=quality)
    (tmp_path / "canvas.png").write_bytes(flat((9, 9, 9, 255), 400, 300))
    bounds = open_document(tmp_path / "canvas.png", layer=None, mask=str(tmp_path / "mask")).selection_bounds()

    assert bounds is not None
    assert bounds == bounds.intersection(Rect(104, 74, 92, 102))


def test_mask_of_another_size_is_told_with_both_sizes(tmp_path: Path) -> None:
    """After turning: a photo's mask that lies on its side fits when its EXIF says so."""
    (tmp_path / "canvas.png").write_bytes(flat((9, 9, 9, 255), 60, 80))
    image = Image.new("L", (80, 60), 255)
    image.save(tmp_path / "plain.jpg")
    image.getexif()[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=image.getexif())

    assert open_document(tmp_path / "canvas.png", layer=None, mask=str(tmp_path / "turned.jpg")).mask is not None
    with pytest.raises(VelaturaError, match="80 x 60 pixels, the canvas 60 x 80") as caught:
        open_document(tmp_path / "canvas.png", layer=None, mask=str(tmp_path / "plain.jpg"))
    assert "image_size_mismatch" == caught.value.info.code


def test_deep_canvas_is_told_to_come_back_with_eight_bits(tmp_path: Path) -> None:
    """A 16-bit picture loses half its depth: that is said before it is painted."""
    Image.fromarray(np.full((4, 4), 30000, np.uint16)).save(tmp_path / "deep.png")

    assert ("deep.png has 16 bits in each channel; the result is written with 8.",) == open_document(
        tmp_path / "deep.png", layer=None, mask=None
    ).notes


def test_control_pictures_are_read_by_the_same_reader(tmp_path: Path) -> None:
    """Floats, orientation and notes; a prepared map keeps the numbers that it has."""
    image = Image.fromarray(np.array([[0.0, 0.5, 3.0]], np.float32))
    image.save(tmp_path / "map.tif")
    option = read_control_option(f"edges={tmp_path / 'map.tif'},prepared=yes")

    assert [0, 128, 255] == option.picture[0, :, 0].tolist()
    assert ["numbers from 0 to 3" in note for note in option.notes] == [True]


LOST = """<image w='8' h='6'><stack><layer name='gone' src='data/gone.png'/><layer name='v' src='data/v.svg'/>
  <layer name='mask' src='data/m.png' {mask}/><layer name='ground' src='data/b.png'/></stack></image>"""


def lost_painting(folder: Path, *, mask: str = "visibility='hidden'", merged: bool = True) -> Path:
    files = {
        "data/v.svg": b"<svg/>",
        "data/b.png": flat((0, 0, 200, 255), 8, 6),
        "data/m.png": flat((9, 9, 9, 255), 3, 2),
    }
    if merged:
        files["mergedimage.png"] = flat((250, 0, 0, 255), 8, 6)
    path = folder / "lost.ora"
    path.write_bytes(ora_of(LOST.format(mask=mask), files))
    return path


def test_lost_layers_are_named_and_the_merged_picture_stands_for_them(tmp_path: Path) -> None:
    """A path that leads to nothing and an SVG: the picture is as its program saw it, and both layers stay."""
    read = open_document(lost_painting(tmp_path), layer=None, mask="layer:mask")

    (note,) = read.notes
    assert "'gone', 'v'" in note
    assert [250, 0, 0, 255] == read.canvas[3, 3].tolist()
    assert Rect(0, 0, 3, 2) == read.selection_bounds()
    assert read.painting is not None
    patch = np.full((2, 2, 4), (0, 255, 0, 255), np.uint8)
    read.painting.insert("made", png_of(Image.fromarray(patch)), 1, 1, above=None)
    merged = merged_with_patch(read.painting, read.merged, patch, 1, 1)
    assert ([0, 255, 0, 255], [250, 0, 0, 255]) == (merged[1, 1].tolist(), merged[4, 4].tolist())
    assert b"<svg/>" == read.painting.files["data/v.svg"]
    assert ["made", "gone", "v", "mask", "ground"] == [node.name for node in read.painting.nodes()]


@pytest.mark.parametrize(
    ("mask", "merged", "words"), [("", True, "'mask'"), ("visibility='hidden'", False, "no merged")]
)
def test_lost_layers_without_a_way_round_are_refused(tmp_path: Path, mask: str, merged: bool, words: str) -> None:
    """Before painting: where there is no merged picture, or one with the marking in it."""
    with pytest.raises(VelaturaError, match=words) as caught:
        open_document(lost_painting(tmp_path, mask=mask, merged=merged), layer=None, mask="layer:mask")
    assert "'gone', 'v'" in caught.value.info.message


def test_hidden_lost_layers_are_nobodys_concern(tmp_path: Path) -> None:
    """They are not seen, so nothing is told."""
    stack = "<image w='4' h='4'><stack><layer src='gone' visibility='hidden'/><layer src='b'/></stack></image>"
    (tmp_path / "a.ora").write_bytes(ora_of(stack, {"b": flat((1, 2, 3, 255))}))

    assert () == open_document(tmp_path / "a.ora", layer=None, mask=None).notes


def test_damaged_layer_is_found_by_its_checksums(tmp_path: Path) -> None:
    """A header alone would say that all is well."""
    data = bytearray(flat((1, 2, 3, 255), 64, 64))
    data[-20] ^= 255
    (tmp_path / "a.ora").write_bytes(
        ora_of("<image w='4' h='4'><stack><layer name='torn' src='b'/></stack></image>", {"b": bytes(data)})
    )
    with pytest.raises(VelaturaError, match="'torn'"):
        open_document(tmp_path / "a.ora", layer=None, mask=None)


def test_what_a_painting_says_unclearly_is_told(tmp_path: Path) -> None:
    """An opacity of words, an unknown way of blending, a moved group, a filter; a comma in a number is clear."""
    stack = """<image w='4' h='4'><stack><layer name='a' src='b' opacity='half'/>
      <layer name='b' src='b' composite-op='krita:luminosity_sai'/><layer name='c' src='b' opacity='0,5'/>
      <stack name='g' x='2'><layer name='inside' src='b'/></stack><filter type='x'/>
      <layer name='d' src='b' composite-op='krita:exclusion'/></stack></image>"""
    (tmp_path / "a.ora").write_bytes(ora_of(stack, {"b": flat((1, 2, 3, 255))}))
    notes = open_document(tmp_path / "a.ora", layer=None, mask=None).notes

    assert ["'a': place or opacity", "'b': how it is blended", "'g': the group is moved", "('filter')"] == [
        part
        for part in ("'a': place or opacity", "'b': how it is blended", "'g': the group is moved", "('filter')")
        if part in " ".join(notes)
    ]
    assert 4 == len(notes)


def test_layers_of_one_name_are_told(tmp_path: Path) -> None:
    """The topmost of them is the mask, and the person hears that there are more."""
    stack = "<image w='4' h='4'><stack><layer name='m' src='a'/><layer name='m' src='b'/></stack></image>"
    files = {"a": flat((0, 0, 0, 255), 2, 1), "b": flat((0, 0, 0, 255), 4, 4)}
    (tmp_path / "a.ora").write_bytes(ora_of(stack, files))
    read = open_document(tmp_path / "a.ora", layer=None, mask="layer:m")

    assert Rect(0, 0, 2, 1) == read.selection_bounds()
    assert ("a.ora has 2 layers named 'm'; the topmost of them was taken.",) == read.notes


def test_canvas_in_memory_is_not_turned_twice(tmp_path: Path) -> None:
    """A layer's own EXIF does not turn it: its place in the painting is known."""
    stream = io.BytesIO()
    image = Image.new("RGBA", (4, 2), (1, 2, 3, 255))
    image.getexif()[0x0112] = 6
    image.save(stream, "PNG", exif=image.getexif())
    stack = "<image w='4' h='4'><stack><layer src='a'/></stack></image>"
    (tmp_path / "a.ora").write_bytes(ora_of(stack, {"a": stream.getvalue()}))

    canvas = open_document(tmp_path / "a.ora", layer=None, mask=None).canvas
    assert [255, 255, 0, 0] == canvas[:, 3, 3].tolist()
