"""The contact sheet holds every picture with its caption, and shows transparency."""

import json
import subprocess
import sys
import zipfile

import pytest
from PIL import Image

from install import painting

CHECKER = {(255, 255, 255), (222, 222, 222)}


@pytest.fixture
def pictures(tmp_path):
    """Two flat pictures and a fully transparent one."""
    files = {}
    for name, colour in (("red", (200, 0, 0, 255)), ("blue", (0, 0, 200, 255)), ("clear", (0, 0, 0, 0))):
        files[name] = tmp_path / f"{name}.png"
        Image.new("RGBA", (64, 48), colour).save(files[name])
    return files


def panel(title, pictures, *labels):
    return {
        "title": title,
        "lines": ["a prompt", "its settings"],
        "pictures": [{"file": str(pictures[label]), "label": label, "crop": None} for label in labels],
    }


def test_sheet_shows_every_picture(repository, pictures, tmp_path):
    """Pictures stand on the sheet in their colours, the transparent one as a checkerboard, and nothing overlaps."""
    description = tmp_path / "description.json"
    panels = [
        panel("One", pictures, "red"),
        panel("Three", pictures, "red", "blue", "clear"),
        panel("Two", pictures, "blue", "red"),
    ]
    description.write_text(json.dumps({"title": "Title", "subtitle": "words " * 60, "panels": panels}))
    target = tmp_path / "sheet.png"
    script = repository / "install" / "contact_sheet.py"
    subprocess.run([sys.executable, str(script), str(description), str(target)], check=True)
    with Image.open(target) as sheet:
        counts = {colour: count for count, colour in sheet.convert("RGB").getcolors(sheet.width * sheet.height)}
    area = 320 * 240  # each picture is 64 x 48, shown 320 wide
    assert (3 * area, 2 * area) == (counts[(200, 0, 0)], counts[(0, 0, 200)])
    assert area <= sum(counts[colour] for colour in CHECKER)


def write_painting(path, layers):
    """An OpenRaster file with the given (name, x, bytes, selected)."""
    marks = {True: ' selected="true"', False: ""}
    elements = "".join(
        f'<layer name="{name}" src="data/{name}.png" x="{x}" y="0"{marks[new]}/>' for name, x, _, new in layers
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stack.xml", f"<image><stack>{elements}</stack></image>")
        archive.writestr("mergedimage.png", b"merged")
        for name, _, data, _ in layers:
            archive.writestr(f"data/{name}.png", data)
    return path


BEFORE = [("Sky", 0, b"sky", True), ("Sea", 3, b"sea", False)]
RESULT = ("a cat", 40, b"cat", True)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([RESULT, ("Sky", 0, b"sky", False), ("Sea", 3, b"sea", False)], True),
        ([RESULT, ("Sky", 0, b"SKY", False), ("Sea", 3, b"sea", False)], False),
        ([RESULT, ("Sky", 1, b"sky", False), ("Sea", 3, b"sea", False)], False),
        ([RESULT, ("Sea", 3, b"sea", False)], False),
    ],
)
def test_layers_of_the_painting_are_compared(tmp_path, after, expected):
    """A layer that was changed, moved or lost is noticed; the added one does not count."""
    before_file = write_painting(tmp_path / "before.ora", BEFORE)
    after_file = write_painting(tmp_path / "after.ora", after)
    assert expected == painting.untouched(before_file, after_file)


def test_the_new_layer_is_the_active_one(tmp_path):
    """The result is found by the mark that the command line puts on it, with its offset and pixels."""
    file = write_painting(tmp_path / "after.ora", [RESULT, ("Sky", 0, b"sky", False)])
    new = painting.new_layer(file)
    assert ("a cat", 40, b"cat") == (
        new.name,
        new.x,
        painting.extract(file, new.source, tmp_path / "layer.png").read_bytes(),
    )


def test_example_painting_is_what_the_demo_expects(repository):
    """The painting in the repository has the layer that the demo repaints, and a mask and a drawing beside it."""
    from install import demo

    assert demo.LAYER in [layer.name for layer in painting.layers(repository / demo.PAINTING_NAME)]
    with Image.open(repository / demo.MASK_NAME) as mask, zipfile.ZipFile(repository / demo.PAINTING_NAME) as archive:
        with archive.open(painting.WHOLE_PICTURE) as stored, Image.open(stored) as merged:
            assert merged.size == mask.size
        assert 20 < len(mask.convert("L").getcolors())  # soft edges, not just black and white
    assert (repository / demo.SKETCH_NAME).exists()
