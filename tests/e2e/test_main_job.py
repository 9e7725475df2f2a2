"""The main job as a user does it: files in, files out, through the real daemon and the embedded model."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Generate = Callable[..., Any]
Rgba = NDArray[np.uint8]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HARBOUR = EXAMPLES / "harbour.ora"
SELECTION = EXAMPLES / "selection.png"
PAINTED_LAYER = "Water"


def _rgba(source: Any) -> Rgba:
    with Image.open(source) as image:
        return np.array(image.convert("RGBA"))


def _mask() -> NDArray[np.uint8]:
    with Image.open(SELECTION) as image:
        return np.array(image.convert("L"))


def _member(archive: Path, name: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(name)


def _layers(archive: Path) -> list[dict[str, str]]:
    """The layers of an OpenRaster file, topmost first."""
    stack = ElementTree.fromstring(_member(archive, "stack.xml"))  # noqa: S314 - a file that we made
    return [dict(layer.attrib) for layer in stack.iter("layer")]


def test_txt2img_makes_a_picture_at_the_native_size(generate: Generate, tmp_path: Path) -> None:
    """Words alone; without a size it is the model's own."""
    report = generate("a red apple on a yellow background", out=tmp_path / "apple.png", steps=4, seed=3)
    picture = _rgba(tmp_path / "apple.png")
    assert (128, 128, 4) == picture.shape
    assert ("txt2img", "pochade", 3) == (report["task"], report["model"], report["seed"])
    assert [128, 128] == report["size_run"]
    assert picture[..., :3].std() > 20, "a picture, not a flat field"
    assert 255 == picture[..., 3].min()


def test_the_same_request_gives_the_same_pixels(generate: Generate, tmp_path: Path) -> None:
    """Everything that decides a picture is in the request."""
    for name in ("one.png", "two.png"):
        generate("a blue fish", out=tmp_path / name, steps=3, seed=11)
    assert np.array_equal(_rgba(tmp_path / "one.png"), _rgba(tmp_path / "two.png"))


def test_inpainting_keeps_every_bit_outside_the_selection(generate: Generate, tmp_path: Path) -> None:
    """The example painting and its soft selection: what is not selected keeps its bits, what is selected changes."""
    generate("a red balloon", canvas=HARBOUR, mask=SELECTION, out=tmp_path / "out.png", steps=4, seed=1)
    before, after = _rgba(io.BytesIO(_member(HARBOUR, "mergedimage.png"))), _rgba(tmp_path / "out.png")
    mask = _mask()
    assert 0 < np.count_nonzero((mask > 0) & (mask < 255)), "the selection is soft"
    assert np.array_equal(before[mask == 0], after[mask == 0])
    assert np.abs(before[mask == 255].astype(int) - after[mask == 255]).mean() > 10


def test_the_result_is_a_layer_of_its_own(generate: Generate, tmp_path: Path) -> None:
    """Named after the prompt, at its own offset; the painting's layers keep their very bytes."""
    out = tmp_path / "out.ora"
    report = generate("a red balloon", canvas=HARBOUR, mask=SELECTION, out=out, steps=3)
    before, after = _layers(HARBOUR), _layers(out)
    new = [layer for layer in after if layer["name"] not in {layer["name"] for layer in before}]
    assert ["a red balloon"] == [layer["name"] for layer in new] == report["layers"]
    assert [layer["name"] for layer in before] == [layer["name"] for layer in after if layer not in new]
    for layer in before:
        assert _member(HARBOUR, layer["src"]) == _member(out, layer["src"])
    patch = report["patches"][0]
    assert (patch["x"], patch["y"]) == (int(new[0]["x"]), int(new[0]["y"]))
    pixels = _rgba(io.BytesIO(_member(out, new[0]["src"])))
    assert (patch["height"], patch["width"]) == pixels.shape[:2]
    region = _mask()[patch["y"] : patch["y"] + patch["height"], patch["x"] : patch["x"] + patch["width"]]
    assert np.array_equal(region, pixels[..., 3]), "the patch's alpha is the selection, soft edges included"


def test_img2img_on_a_layer_keeps_its_silhouette(generate: Generate, tmp_path: Path) -> None:
    """The result covers what the layer covers, and stands above it."""
    out = tmp_path / "out.ora"
    name = next(layer["name"] for layer in _layers(HARBOUR) if "oat" in layer["name"])
    generate("a red car", canvas=HARBOUR, layer=name, strength=0.6, out=out, steps=5)
    names = [layer["name"] for layer in _layers(out)]
    assert names.index("a red car") + 1 == names.index(name)


def test_controlnet_edges_change_the_picture(generate: Generate, tmp_path: Path) -> None:
    """The same seed with and without the control map gives different pictures."""
    sketch = EXAMPLES / "sketch.png"
    with Image.open(sketch) as image:
        size = f"{image.width}x{image.height}"
    generate("a house", "--control", f"edges={sketch}", size=size, out=tmp_path / "with.png", steps=4, seed=5)
    generate("a house", size=size, out=tmp_path / "without.png", steps=4, seed=5)
    difference = np.abs(_rgba(tmp_path / "with.png").astype(int) - _rgba(tmp_path / "without.png"))
    assert difference.mean() > 1


def test_switching_back_and_forth_encodes_nothing_again(generate: Generate, tmp_path: Path) -> None:
    """Two prompts in turn, and a canvas change that is undone: the second time everything is found in the caches."""
    Image.new("RGB", (128, 128), "navy").save(tmp_path / "one.png")
    Image.new("RGB", (128, 128), "olive").save(tmp_path / "two.png")
    star, moon = "a star over the sea", "a moon over the sea"
    jobs = [(star, "one.png"), (star, "two.png"), (moon, "one.png"), (moon, "two.png"), (star, "one.png")]
    counters = [
        generate(prompt, "--overwrite", canvas=tmp_path / canvas, out=tmp_path / "out.png", steps=2, seed=1)["counters"]
        for prompt, canvas in jobs
    ]
    assert [1, 1, 0, 0, 0] == [one.get("image_encoded", 0) for one in counters]
    assert counters[0]["prompt_encoded"] >= 1
    assert [0, 0] == [counters[index].get("prompt_encoded", 0) for index in (3, 4)]


def test_picture_k_of_a_batch_is_that_seed_alone(generate: Generate, tmp_path: Path) -> None:
    """So a painter who likes the third of four finds it again by its seed."""
    report = generate("a sunflower", out=tmp_path / "batch", steps=3, seed=20, count=2)
    assert [20, 21] == report["seeds"]
    generate("a sunflower", out=tmp_path / "alone.png", steps=3, seed=21)
    second = next(path for path in (tmp_path / "batch").iterdir() if "21" in path.name)
    assert np.array_equal(_rgba(tmp_path / "alone.png"), _rgba(second))


@pytest.mark.parametrize("prompt", ["红苹果，（绿色：1.3）的背景", "🍎🦊🌙", "a (red:1.4) apple", "((", "a\nb\tc"])
def test_any_text_is_a_prompt(generate: Generate, tmp_path: Path, prompt: str) -> None:
    """Chinese, emoji, weights, unbalanced brackets, line breaks."""
    report = generate(prompt, out=tmp_path / "out.ora", steps=2)
    assert 1 == len(report["layers"])
    assert report["layers"][0].strip()
