"""A composed data set that was interrupted, and the network that is not there: by the functions and the command."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from velatura_daemon.training.data.artwork import find_artwork
from velatura_daemon.training.data.recipe import Recipe, read_recipe
from velatura_daemon.training.data.sources import fetch_sources, unpacked_folder
from velatura_daemon.training.data.sprites import Sprites, load_sprites
from velatura_daemon.training.data.writing import write_data
from velatura_protocol.errors import VelaturaError

COUNT = 12
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def recipe(shapes_recipe: Path) -> Recipe:
    return read_recipe(shapes_recipe)


@pytest.fixture
def sprites(recipe: Recipe, shapes_sources: Path) -> Sprites:
    return load_sprites(recipe, shapes_sources)


def quiet(_done: int, _of: int) -> None: ...


def states(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of each file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_interrupted_data_set_goes_on_and_ends_as_one_that_was_not(
    recipe: Recipe, sprites: Sprites, tmp_path: Path
) -> None:
    """Stopped after 7 of 12, one file torn: what was whole is kept with its time, the end is the same bytes."""

    def stop_at_seven(done: int, _of: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    write_data(recipe, sprites, whole, count=COUNT, seed=4, report=quiet)
    with pytest.raises(KeyboardInterrupt):
        write_data(recipe, sprites, broken, count=COUNT, seed=4, report=stop_at_seven)
    assert not (broken / "metadata.jsonl").exists()
    torn = broken / "pictures" / "000002.webp"
    torn.write_bytes(torn.read_bytes()[:40])
    before = states(broken)
    write_data(recipe, sprites, broken, count=COUNT, seed=4, report=quiet)
    after = states(broken)

    assert {name: content for name, (content, _) in states(whole).items()} == {
        name: content for name, (content, _) in after.items()
    }
    pictures = [name for name in before if name.startswith(("pictures", "maps")) and "000002.webp" not in name]
    assert 13 == len(pictures)
    assert [] == [name for name in pictures if before[name] != after[name]]


def test_whole_data_set_is_left_alone_and_another_one_refused(recipe: Recipe, sprites: Sprites, tmp_path: Path) -> None:
    """The same again composes nothing; another seed, or a folder with other things in it, is not touched."""
    out, foreign = tmp_path / "out", tmp_path / "foreign"
    write_data(recipe, sprites, out, count=3, seed=4, report=quiet)
    foreign.mkdir()
    (foreign / "painting.kra").write_text("precious")
    before, composed = states(out), list[int]()
    write_data(recipe, sprites, out, count=3, seed=4, report=lambda done, _of: composed.append(done))

    assert (before, []) == (states(out), composed)
    with pytest.raises(VelaturaError, match="3 pictures of the recipe shapes, seed 4"):
        write_data(recipe, sprites, out, count=3, seed=5, report=quiet)
    with pytest.raises(VelaturaError, match="not empty"):
        write_data(recipe, sprites, foreign, count=3, seed=4, report=quiet)
    assert before == states(out)
    assert ["painting.kra"] == list(states(foreign))


def train_data(out: Path, recipe: Path, sources: Path, registry: str) -> "subprocess.CompletedProcess[str]":
    options = ["--out", str(out), "--recipe", str(recipe), "--sources", str(sources), "--count", "3", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NPM_CONFIG_REGISTRY": registry}
    return subprocess.run(
        [sys.executable, "-m", "velatura_daemon.training", "data", *options],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.fixture
def registry(shapes_sources: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Address of a registry with one package, its checksum, and the paths that were asked for."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(shapes_sources / "@test" / "shapes@1.0.0", "package")
    content = packed.getvalue()
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    yield f"http://127.0.0.1:{http.server_port}", f"sha512-{digest}", asked
    http.shutdown()
    thread.join()
    http.server_close()


def test_artwork_is_fetched_once_and_then_no_network_is_needed(
    registry: tuple[str, str, list[str]], shapes_recipe: Path, tmp_path: Path
) -> None:
    """One request to the registry; with the registry gone the same data set is composed again."""
    address, integrity, asked = registry
    pinned, sources = tmp_path / "shapes.toml", tmp_path / "sources"
    pinned.write_text(shapes_recipe.read_text(encoding="utf-8").replace("sha512-none", integrity), encoding="utf-8")
    unreachable = train_data(tmp_path / "nothing", pinned, sources, UNREACHABLE)
    first = train_data(tmp_path / "one", pinned, sources, address)
    second = train_data(tmp_path / "two", pinned, sources, UNREACHABLE)

    assert "model_incomplete" == json.loads(unreachable.stdout)["error"]["code"]
    assert (0, 0) == (first.returncode, second.returncode), first.stderr + second.stderr
    assert ["/@test/shapes/-/shapes-1.0.0.tgz"] == asked
    one, two = states(tmp_path / "one"), states(tmp_path / "two")
    assert {name: content for name, (content, _) in one.items()} == {
        name: content for name, (content, _) in two.items()
    }


@pytest.mark.registry
@pytest.mark.skipif(
    os.environ.get("VELATURA_TEST_REGISTRY") != "1",
    reason="fetches 20 MB from the npm registry; runs when VELATURA_TEST_REGISTRY is 1",
)
def test_registry_still_has_the_artwork_that_the_recipes_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every package of the recipes that ship has its pinned checksum, and of each thing there is artwork."""

    def svg_to_bytes(**_svg: object) -> bytes:
        png = io.BytesIO()
        Image.new("RGBA", (8, 8), (0, 0, 0, 255)).save(png, "PNG")
        return png.getvalue()

    # whether it is drawn well is another matter: here it only must be there
    monkeypatch.setattr("velatura_daemon.training.data.artwork._svg_renderer", lambda: svg_to_bytes)
    for name in ("small", "large"):
        recipe = read_recipe(name)
        fetch_sources(recipe.sources, tmp_path, lambda _file, _there, _of: None)
        assert [] == [
            (key, style.source.package)
            for key, thing in {**recipe.things, **recipe.unseen}.items()
            for style in recipe.styles.values()
            if find_artwork(unpacked_folder(tmp_path, style.source), style.source.form, thing.emoji) is None
        ]
