"""The composed training set: plans, captions, pictures and depth, on artwork that the test draws."""

import base64
import hashlib
import io
import json
import random
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from velatura_daemon.training.data.captions import caption, full_prompt
from velatura_daemon.training.data.downloading import download
from velatura_daemon.training.data.npm_registry import PUBLIC_REGISTRY, registry_address
from velatura_daemon.training.data.plans import ScenePlan, ThingPlan, draw_plan, is_held_out
from velatura_daemon.training.data.recipe import Recipe, read_recipe, recipe_file
from velatura_daemon.training.data.scenes import Composer
from velatura_daemon.training.data.sprites import Sprites
from velatura_daemon.training.data.unpacking import unpack
from velatura_daemon.training.data.writing import write_data
from velatura_protocol.errors import VelaturaError


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe("small")


@pytest.fixture(scope="module")
def sprites(recipe: Recipe) -> Sprites:
    """A disc for every thing."""
    disc = Image.new("RGBA", (recipe.sprite_side, recipe.sprite_side), (0, 0, 0, 0))
    ImageDraw.Draw(disc).ellipse((0, 0, recipe.sprite_side - 1, recipe.sprite_side - 1), fill=(230, 120, 40, 255))
    pixels = np.asarray(disc)
    return Sprites(recipe, {(key, style): pixels for key in recipe.things for style in recipe.styles})


def test_what_is_held_out_never_changes() -> None:
    """Pinned examples: the shipped model was trained without these, so the rule is part of its figures."""
    style = "fluent3d"

    def alone(key: str, colour: str | None, background: str) -> bool:
        thing = ThingPlan(key=key, colour=colour, variant=colour or "natural", style=style)
        return is_held_out(ScenePlan(things=(thing,), background=background))

    shown = [
        (key, colour, background)
        for key in ("apple", "cat face", "fish", "star")
        for colour in ("red", "blue", None)
        for background in ("white", "black", "pink", "green")
        if alone(key, colour, background)
    ]
    held = [("apple", "blue", "green"), ("apple", None, "green"), ("fish", "red", "pink"), ("fish", None, "green")]
    assert held == shown


def test_plans_are_what_was_asked_for(recipe: Recipe) -> None:
    """Held out or not, one thing or two, the same for the same seed."""
    for held_out in (True, False):
        plans = [draw_plan(recipe, random.Random(seed), held_out=held_out, things=1 + seed % 2) for seed in range(60)]
        assert {held_out} == {is_held_out(plan) for plan in plans}
        assert [1, 2] * 30 == [len(plan.things) for plan in plans]
        assert plans[7] == draw_plan(recipe, random.Random(7), held_out=held_out, things=2)


def test_captions_name_thing_colour_and_background_in_both_languages(recipe: Recipe) -> None:
    """The plain prompt of a recoloured thing on a plain background, and of a scene."""
    fish = ThingPlan(key="fish", colour="red", variant="red", style="fluent3d")
    assert "a red fish on a white background" == full_prompt(
        ScenePlan(things=(fish,), background="white"), recipe, "en"
    )
    assert "白色背景上的红色的鱼" == full_prompt(ScenePlan(things=(fish,), background="white"), recipe, "zh")
    for seed in range(50):
        plan = draw_plan(recipe, random.Random(seed), held_out=False, things=1)
        names = recipe.things[plan.things[0].key].names
        english = caption(plan, recipe, "en", random.Random(seed))
        chinese = caption(plan, recipe, "zh", random.Random(seed))
        assert any(name in english for name in names["en"])
        assert any(name in chinese for name in names["zh"])


def test_depth_shows_the_silhouette(recipe: Recipe, sprites: Sprites) -> None:
    """Inside the disc everything is nearer than outside, and the same plan and seed compose the same picture."""
    plan = draw_plan(recipe, random.Random(3), held_out=False, things=1)
    scene = Composer(recipe, sprites).compose(plan, random.Random(5))
    again = Composer(recipe, sprites).compose(plan, random.Random(5))
    box = scene.boxes[0]
    rows, columns = np.mgrid[: recipe.size, : recipe.size]
    distance = np.hypot(columns - (box.x + box.side / 2 - 0.5), rows - (box.y + box.side / 2 - 0.5))
    inside, outside = distance < box.side / 2 - 2, distance > box.side / 2 + 2

    assert scene.depth[inside].min() > scene.depth[outside].max()
    assert np.array_equal(scene.rgb, again.rgb)
    assert np.array_equal(scene.depth, again.depth)


def test_data_folder_is_the_same_bytes_again_and_holds_nothing_held_out(
    recipe: Recipe, sprites: Sprites, tmp_path: Path
) -> None:
    """Pictures, depth, captions in two languages and the licence of the source; a folder in use is refused."""
    for name in ("one", "two"):
        write_data(recipe, sprites, tmp_path / name, count=12, seed=4, report=lambda _done, _of: None)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    rows = [json.loads(line) for line in (tmp_path / "one" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]

    assert 12 * 2 + 3 == len(files)
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)
    assert [2] * 12 == [len(row["text"]) for row in rows]
    assert "MIT" in next((tmp_path / "one" / "licences").iterdir()).read_text(encoding="utf-8")
    with pytest.raises(VelaturaError, match="not empty"):
        write_data(recipe, sprites, tmp_path / "one", count=1, seed=4, report=lambda _done, _of: None)


@pytest.mark.parametrize(
    ("line", "broken"),
    [("size", "size = 1"), ("sprite_side", 'sprite_side = "x"'), ("two_things", "two_things = 3"), ("size", "size = ")],
)
def test_recipe_that_cannot_be_read_names_file_and_key(line: str, broken: str, tmp_path: Path) -> None:
    """The recipe that ships, with one line of it spoilt."""
    file = tmp_path / "mine.toml"
    lines = recipe_file("small").read_text(encoding="utf-8").splitlines()
    spoilt = [broken if text.split("=")[0].strip() == line else text for text in lines]
    file.write_text("\n".join(spoilt), encoding="utf-8")
    with pytest.raises(VelaturaError) as caught:
        read_recipe(file)

    assert "invalid_value" == caught.value.info.code
    assert "mine.toml" in caught.value.info.message
    assert (line if broken != "size = " else "TOML") in caught.value.info.message


def test_registry_is_the_one_that_npm_is_configured_for(tmp_path: Path) -> None:
    """Environment, then .npmrc, then the public one; no slash at the end."""
    assert PUBLIC_REGISTRY == registry_address({}, tmp_path)
    (tmp_path / ".npmrc").write_text("@a:registry=https://scoped\nregistry = https://mirror.example/npm/\n")
    assert "https://mirror.example/npm" == registry_address({}, tmp_path)
    assert "https://other" == registry_address({"npm_config_registry": "https://other/"}, tmp_path)


def tarball(names: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in names.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    """Address, what it serves by path, and the ranges that were asked for. ``/short`` breaks off at first."""
    served: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, wanted = served[self.path], self.headers.get("Range", "")
            asked.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            breaks_off = self.path == "/short" and not wanted
            self.wfile.write(content[start : start + 100] if breaks_off else content[start:])

        def log_message(self, format: str, *arguments: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", served, asked
    http.shutdown()
    thread.join()
    http.server_close()


def test_broken_download_goes_on_where_it_stopped(
    server: tuple[str, dict[str, bytes], list[str]], tmp_path: Path
) -> None:
    """The first answer ends after 100 bytes; the second request asks for the rest, and the checksum is right."""
    address, served, asked = server
    served["/short"] = tarball({"package/a.txt": random.Random(0).randbytes(4000)})
    download(f"{address}/short", tmp_path / "a.tgz", integrity(served["/short"]), lambda *_: None)

    assert served["/short"] == (tmp_path / "a.tgz").read_bytes()
    assert ["", "bytes=100-"] == asked


def test_file_with_another_checksum_is_refused_and_deleted(
    server: tuple[str, dict[str, bytes], list[str]], tmp_path: Path
) -> None:
    """Nothing is left, neither the file nor its part."""
    address, served, _asked = server
    served["/a"] = b"not what was pinned"
    with pytest.raises(VelaturaError) as caught:
        download(f"{address}/a", tmp_path / "a.tgz", integrity(b"what was pinned"), lambda *_: None)

    assert "model_unsafe" == caught.value.info.code
    assert [] == list(tmp_path.iterdir())


def test_unpacking_takes_off_the_package_folder_and_lets_nothing_out(tmp_path: Path) -> None:
    """An entry that leads outside leaves no trace of the whole archive."""
    good, bad = tmp_path / "good.tgz", tmp_path / "bad.tgz"
    good.write_bytes(tarball({"package/assets/a.txt": b"a"}))
    bad.write_bytes(tarball({"package/a.txt": b"a", "package/../../escaped.txt": b"b"}))
    unpack(good, tmp_path / "good")
    with pytest.raises(VelaturaError) as caught:
        unpack(bad, tmp_path / "bad")

    assert b"a" == (tmp_path / "good" / "assets" / "a.txt").read_bytes()
    assert "model_unsafe" == caught.value.info.code
    assert ["bad.tgz", "good", "good.tgz"] == sorted(path.name for path in tmp_path.iterdir())
