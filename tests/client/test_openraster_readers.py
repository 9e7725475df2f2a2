"""OpenRaster as other programs write and read it: the library pyora, Krita, and names as each of them spells them."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pixel_files import flat, ora_of, png_of
from pyora import Project

from velatura_cli.document import open_document
from velatura_cli.files import layer_tree, ora
from velatura_cli.files.blend import composite, is_known
from velatura_cli.files.ora import decode_ora
from velatura_cli.files.ora_render import merged_with_patch, render
from velatura_cli.files.png import encode_png

KRITA = Path(__file__).parent / "picture_files" / "krita.ora"  # saved by Krita 5.1.5
SIZE = (40, 30)
#: What pyora does by the same formulas as we. It has another for svg:soft-light, and cuts svg:plus before it blends.
ALIKE = (
    *("svg:src-over", "svg:multiply", "svg:screen", "svg:overlay", "svg:darken", "svg:lighten", "svg:color-dodge"),
    *("svg:color-burn", "svg:hard-light", "svg:difference", "svg:color", "svg:luminosity", "svg:hue"),
    *("svg:saturation", "svg:dst-in", "svg:dst-out", "svg:src-atop", "svg:dst-atop"),
)
#: Of 255: rounding, and for hue to luminosity the order of float operations.
NEAR = 2


def noise(seed: int, width: int = SIZE[0], height: int = SIZE[1], *, is_opaque: bool = False) -> Image.Image:
    image = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8))
    if is_opaque:
        image.putalpha(255)
    return image


def saved(project: Project) -> bytes:
    stream = io.BytesIO()
    project.save(stream)
    return stream.getvalue()


def apart(one: np.ndarray, other: np.ndarray) -> int:
    """Greatest difference of 255; colours that both show as transparent are none."""
    shown = np.maximum(one[..., 3:], other[..., 3:]) > 0
    return int((np.abs(one.astype(int) - other) * shown).max())


@pytest.mark.parametrize("operation", ALIKE)
@pytest.mark.parametrize("is_opaque", [True, False])
def test_blending_is_as_pyora_does_it(operation: str, is_opaque: bool) -> None:
    """A layer that covers a part, at 80 %, over an opaque and over a translucent ground."""
    project = Project.new(*SIZE)
    project.add_layer(noise(1, is_opaque=is_opaque), "ground")
    project.add_layer(noise(2, 20, 20), "top", offsets=(5, 4), composite_op=operation, opacity=0.8)
    painting, merged = decode_ora(saved(project), "x.ora")

    assert merged is not None
    assert apart(render(painting), np.asarray(project.get_image_data(use_original=False))) <= NEAR


def test_groups_are_as_pyora_does_them() -> None:
    """Isolated at half opacity, blended as a whole, passing through, hidden, empty, one in another."""
    project = Project.new(*SIZE)
    project.add_layer(noise(1, is_opaque=True), "ground")
    half = project.add_group("half", opacity=0.5, isolated=True)
    half.add_layer(noise(2, 20, 20), "a", offsets=(-5, 4))
    half.add_layer(noise(3, 20, 20), "b", offsets=(8, 8), composite_op="svg:multiply")
    blended = project.add_group("blended", composite_op="svg:screen")
    inner = blended.add_group("inner", isolated=True)
    inner.add_layer(noise(4, 12, 12), "c", offsets=(20, 10))
    inner.add_layer(noise(5, 12, 12), "d", offsets=(24, 12), composite_op="svg:dst-out")
    through = project.add_group("through", isolated=False)
    through.add_layer(noise(6, 25, 9), "e", offsets=(3, 18), composite_op="svg:difference")
    hidden = project.add_group("hidden", isolated=True, visible=False)
    hidden.add_layer(noise(7), "f")
    painting, _merged = decode_ora(saved(project), "x.ora")

    assert apart(render(painting), np.asarray(project.get_image_data(use_original=False))) <= NEAR
    # pyora writes isolation for each group, and hides layers by their groups
    assert {"half", "blended", "inner", "hidden"} <= {node.name for node in painting.nodes() if node.is_isolated}
    assert ["f"] == [node.name for node in painting.nodes() if not node.is_group and not node.is_seen]


def test_what_we_add_is_read_by_pyora(tmp_path: Path) -> None:
    """Its own file, with a layer of ours in it: names, order, places and pixels, and the merged picture."""
    project = Project.new(*SIZE)
    project.add_layer(noise(1, is_opaque=True), "ground")
    project.add_layer(noise(2, 20, 20), "top", offsets=(5, 4), composite_op="svg:multiply")
    (tmp_path / "a.ora").write_bytes(saved(project))
    document = open_document(tmp_path / "a.ora", layer="top", mask=None)
    assert document.painting is not None
    patch = np.asarray(noise(3, 9, 7))
    document.painting.insert("made", encode_png(patch), 11, 12, above=document.above)
    merged = merged_with_patch(document.painting, document.merged, patch, 11, 12)
    again = Project.load(io.BytesIO(document.painting.encode(merged)))

    assert ["ground", "top", "made"] == [layer.name for layer in again]
    assert (11, 12) == again["/made"].offsets
    assert np.array_equal(patch, np.asarray(again["/made"].get_image_data()))
    assert np.array_equal(np.asarray(noise(2, 20, 20)), np.asarray(again["/top"].get_image_data()))
    assert apart(merged, np.asarray(again.get_image_data(use_original=False))) <= NEAR
    assert [] == list(document.notes)


def test_names_are_read_as_pyora_writes_them(tmp_path: Path) -> None:
    """With a stroke before them, in the archive and in stack.xml; they stay as they are in what we write."""
    project = Project.new(*SIZE)
    project.add_layer(noise(1), "ground")
    data = saved(project)
    painting, _merged = decode_ora(data, "x.ora")

    assert ["/data/layer0.png"] == list(painting.files) == [node.source for node in painting.nodes()]
    with zipfile.ZipFile(io.BytesIO(painting.encode(render(painting)))) as archive:
        assert "/data/layer0.png" in archive.namelist()


@pytest.mark.parametrize(
    "entry", ["data/a.png", "/data/a.png", "./data/a.png", "data//a.png", "data\\a.png", "x/../data/a.png"]
)
@pytest.mark.parametrize("source", ["data/a.png", "/data/a.png", "./data/a.png", "data//./a.png", "data\\a.png"])
def test_names_are_read_however_they_are_spelled(entry: str, source: str) -> None:
    """Nothing is put on the disk, so no name does any harm; the layer is found, and its file stays as it was."""
    stack = f"<image w='4' h='4'><stack><layer src='{source}'/></stack></image>"
    painting, _merged = decode_ora(ora_of(stack, {entry: flat((1, 2, 3, 255))}), "x.ora")

    assert [1, 2, 3, 255] == render(painting)[0, 0].tolist()
    again, _merged = decode_ora(painting.encode(render(painting)), "y.ora")
    assert painting.files == again.files
    assert source == again.nodes()[0].source


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil", "C:\\evil", "data/:a?.png"])
def test_names_that_lead_out_are_only_names(name: str) -> None:
    """They are kept and written again; there is no file of that name but the one in the archive."""
    painting, _merged = decode_ora(ora_of("<image w='4' h='4'><stack/></image>", {name: b"x"}), "x.ora")

    assert {name: b"x"} == painting.files
    again, _merged = decode_ora(painting.encode(render(painting)), "y.ora")
    assert {name: b"x"} == again.files


@pytest.mark.parametrize("prefix", ["/", "./"])
def test_the_painting_s_own_files_are_found_too(prefix: str) -> None:
    """stack.xml and the merged picture under the same spellings; without a mimetype it is read all the same."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{prefix}stack.xml", "<image w='4' h='4'><stack/></image>")
        archive.writestr(f"{prefix}mergedimage.png", flat((1, 2, 3, 255)))
    painting, merged = decode_ora(stream.getvalue(), "x.ora")

    assert merged is not None
    assert {} == painting.files


def test_krita_s_own_file_looks_as_in_krita() -> None:
    """Groups that pass through and that are isolated, opacity, dodge, screen and multiply, as Krita merged them."""
    painting, merged = decode_ora(KRITA.read_bytes(), "krita.ora")

    assert merged is not None
    assert ["moved", "isolated", "through"] == [node.name for node in painting.nodes() if node.is_group]
    assert ["isolated"] == [node.name for node in painting.nodes() if node.is_isolated]
    assert apart(render(painting), merged) <= NEAR


@pytest.mark.parametrize("value", ["0,5", "0.5", " 0.5 ", "5e-1"])
def test_opacity_is_read_as_it_is_meant(value: str) -> None:
    """Some programs write the comma of their country."""
    stack = f"<image w='4' h='4'><stack><layer src='a' opacity='{value}'/></stack></image>"
    painting, _merged = decode_ora(ora_of(stack, {"a": flat((9, 9, 9, 255))}), "x.ora")

    assert 128 == render(painting)[0, 0, 3]


@pytest.mark.parametrize(
    ("operation", "same"),
    [
        ("svg:add", "svg:plus"),
        ("krita:linear_dodge", "svg:plus"),
        ("color-dodge", "svg:color-dodge"),
        ("krita:erase", "svg:dst-out"),
        ("krita:exclusion", "svg:exclusion"),
    ],
)
def test_other_names_of_an_operation(operation: str, same: str) -> None:
    """Krita's own, and those of its older versions."""
    backdrop, source = np.asarray(noise(1)), np.asarray(noise(2))

    assert np.array_equal(composite(backdrop, source, same), composite(backdrop, source, operation))
    assert not np.array_equal(composite(backdrop, source), composite(backdrop, source, operation))
    assert [True, True, False] == [is_known(name) for name in (operation, "svg:src-over", "made-up")]


def one_pixel(operation: str, backdrop: float, source: float, alpha: float, below: float) -> tuple[float, float]:
    """Colour and alpha, 0..1, of one channel by the W3C's text, written once more."""
    if operation == "svg:plus":
        whole = min(1.0, alpha + below)
        return min(1.0, alpha * source + below * backdrop) / max(whole, 1e-9), whole
    curve = ((16 * backdrop - 12) * backdrop + 4) * backdrop if backdrop <= 0.25 else backdrop**0.5
    blended = {
        "svg:soft-light": backdrop - (1 - 2 * source) * backdrop * (1 - backdrop)
        if source <= 0.5
        else backdrop + (2 * source - 1) * (curve - backdrop),
        "svg:exclusion": backdrop + source - 2 * backdrop * source,
        "krita:subtract": max(0.0, backdrop - source),
        "krita:linear_burn": max(0.0, backdrop + source - 1),
        "krita:divide": min(1.0, backdrop / source) if source > 0 else float(backdrop > 0),
    }[operation]
    whole = alpha + below * (1 - alpha)
    mixed = (1 - below) * source + below * blended
    return (alpha * mixed + (1 - alpha) * below * backdrop) / max(whole, 1e-9), whole


@pytest.mark.parametrize(
    "operation", ["svg:plus", "svg:soft-light", "svg:exclusion", "krita:subtract", "krita:linear_burn", "krita:divide"]
)
def test_operations_that_pyora_has_not(operation: str) -> None:
    """Each against its formula, pixel by pixel."""
    backdrop, source = np.asarray(noise(1, 12, 9)), np.asarray(noise(2, 12, 9))
    made = composite(backdrop, source, operation)
    for row, column in np.ndindex(made.shape[:2]):
        below, above = backdrop[row, column] / 255, source[row, column] / 255
        for channel in range(3):
            colour, alpha = one_pixel(operation, below[channel], above[channel], above[3], below[3])
            assert abs(round(min(1, colour) * 255) - int(made[row, column, channel])) <= NEAR
            assert abs(round(alpha * 255) - int(made[row, column, 3])) <= 1


def test_two_thousand_layers_with_long_names(tmp_path: Path) -> None:
    """Each with a name of 10,000 signs, half of them in groups of their own; errors and notes stay short."""
    name = "n" * 9996
    layer = "<layer name='{name}{number:04}' src='data/{number}.png' x='{number}' {more}/>"
    parts = [layer.format(name=name, number=number, more="") for number in range(2000)]
    parts[::2] = [f"<stack isolation='isolate'>{part}</stack>" for part in parts[::2]]
    parts[7] = parts[7].replace("x=", "opacity='much' x=")
    files = {f"data/{number}.png": flat((number % 256, 0, 0, 255), 2, 2) for number in range(2000)}
    stack = f"<image w='2100' h='8'><stack>{''.join(parts)}</stack></image>"
    (tmp_path / "many.ora").write_bytes(ora_of(stack, files))
    document = open_document(tmp_path / "many.ora", layer=f"{name}0003", mask=f"layer:{name}1000")
    assert document.painting is not None
    document.painting.insert("made", flat((0, 255, 0, 255), 2, 2), 50, 1, above=document.above)
    again, _merged = decode_ora(document.painting.encode(document.merged), "many.ora")

    assert 2001 == len(again.layers())
    assert [2, 0, 0, 255] == document.canvas[0, 3].tolist()
    assert [999 % 256, 0, 0, 255] == document.canvas[0, 1000].tolist()
    assert [] == [note for note in document.notes if len(note) > 300]
    assert 1 == len(document.notes)


def test_work_grows_with_the_layers_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer is looked at as often in a painting of 10 as in one of 100, and the tree is walked as often."""

    def measure(count: int) -> tuple[int, float]:
        walks: list[int] = []
        reads: list[int] = []

        def walk(stack: ora.Element) -> list[layer_tree.LayerNode]:
            walks.append(1)
            return layer_tree.layer_nodes(stack)

        def read(data: bytes, name: str, **options: bool) -> np.ndarray:
            reads.append(1)
            return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))

        monkeypatch.setattr(ora, "layer_nodes", walk)
        monkeypatch.setattr(ora, "decode_rgba", read)
        parts = "".join(f"<stack opacity='0.5'><layer src='{number}' x='{number}'/></stack>" for number in range(count))
        files = {str(number): flat((1, 2, 3, 255), 2, 2) for number in range(count)}
        path = tmp_path / f"{count}.ora"
        path.write_bytes(ora_of(f"<image w='200' h='8'><stack>{parts}</stack></image>", files))
        document = open_document(path, layer=None, mask=None)
        assert document.painting is not None
        document.painting.insert("made", png_of(Image.new("RGBA", (2, 2))), 0, 0, above=document.above)
        merged_with_patch(document.painting, document.merged, np.full((2, 2, 4), 255, np.uint8), 0, 0)
        return len(walks), len(reads) / count

    few, many = measure(10), measure(100)
    assert few[0] == many[0]
    assert many[1] <= few[1]
