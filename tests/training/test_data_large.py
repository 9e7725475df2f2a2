"""The recipe for a GPU: what it holds, what it holds out, its captions, and artwork that is SVG."""

import io
import json
import random
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from velatura_daemon.training.data.artwork import find_artwork
from velatura_daemon.training.data.captions import caption, full_prompt
from velatura_daemon.training.data.licences import licence_files
from velatura_daemon.training.data.plans import ScenePlan, ThingPlan, draw_plan, is_held_out
from velatura_daemon.training.data.recipe import Recipe, read_recipe
from velatura_protocol.errors import VelaturaError


@pytest.fixture(scope="module")
def large() -> Recipe:
    return read_recipe("large")


def test_it_has_a_hundred_things_in_three_styles_with_their_licences(large: Recipe) -> None:
    """Every name stands for one thing, and a colour that a thing has is not among those it is recoloured to."""
    assert len(large.things) >= 100
    assert 3 == len({style.source.package for style in large.styles.values()})
    assert 3 == len(licence_files(large.sources))
    names = [name for thing in large.things.values() for words in thing.names.values() for name in words]
    assert len(names) == len(set(names))
    assert [] == [key for key, thing in large.things.items() if thing.natural in thing.recolour]


def test_it_shares_keys_with_the_small_one(large: Recipe) -> None:
    """The key decides what is held out: everything of the small recipe is there, under the same key."""
    small = read_recipe("small")
    assert {} == {key: thing.emoji for key, thing in small.things.items() if large.things[key].emoji != thing.emoji}


def test_of_each_thing_and_background_something_is_held_out(large: Recipe) -> None:
    """So each is asked about; what is drawn for training and for asking never meets."""
    backgrounds = [*large.backgrounds, *large.scenes]
    held = {
        (key, background)
        for key, thing in large.things.items()
        for colour in (thing.natural, *thing.recolour)
        for background in backgrounds
        if is_held_out(_plan(key, colour, background))
    }
    assert set(large.things) == {key for key, _ in held}
    assert set(backgrounds) == {background for _, background in held}
    for held_out in (True, False):
        plans = [draw_plan(large, random.Random(seed), held_out=held_out) for seed in range(200)]
        assert {held_out} == {is_held_out(plan) for plan in plans}


def test_articles_fit_the_word_that_follows(large: Recipe) -> None:
    """An owl, an orange fox, a unicorn; in 2,000 captions of both kinds no article is wrong."""
    said = [full_prompt(_plan(key, None, "orange"), large, "en") for key in ("owl", "unicorn", "grapes")]
    said.append(full_prompt(_plan("fox", "red", "meadow"), large, "en"))
    assert "an owl on an orange background" == said[0]
    assert "a unicorn on an orange background" == said[1]
    assert "grapes on an orange background" == said[2]
    assert "a red fox on a green meadow" == said[3]
    for seed in range(2000):
        draw = random.Random(seed)
        plan = draw_plan(large, draw, held_out=False)
        for text in (caption(plan, large, "en", draw), full_prompt(plan, large, "en")):
            assert None is re.search(r"\ba [aeio]|\ba u(?!ni)|\ban [^aeiou]|\ban uni", text), text
    assert "an orange tangerine" in {_worded(large, "tangerine", seed) for seed in range(200)}


def test_captions_name_the_style_in_both_languages(large: Recipe) -> None:
    """With three styles to choose from, some captions say which one it is."""
    plan = ScenePlan(
        things=(ThingPlan(key="owl", colour=None, variant="natural", style="cartoon"),), background="white"
    )
    english = {caption(plan, large, "en", random.Random(seed)) for seed in range(200)}
    chinese = {caption(plan, large, "zh", random.Random(seed)) for seed in range(200)}
    assert "cartoon drawing of an owl on a white background" in english
    assert "an owl, cartoon style on a white background" in english
    assert any("卡通风格的" in text for text in chinese)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """An unpacked icon collection with one icon under two names."""
    icons = {
        "icons": {"red-apple": {"body": '<circle cx="16" cy="16" r="16" fill="red"/>'}},
        "aliases": {"apple": {"parent": "red-apple"}},
        "width": 32,
        "height": 32,
    }
    (tmp_path / "icons.json").write_text(json.dumps(icons), encoding="utf-8")
    (tmp_path / "chars.json").write_text(json.dumps({"1f34e": "apple"}), encoding="utf-8")
    return tmp_path


def test_svg_is_found_by_its_character_and_drawn(collection: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The body of an icon, by way of an alias, goes to the library that draws it as a whole SVG document."""
    drawn: list[str] = []

    def svg_to_bytes(*, svg_string: str, width: int, height: int) -> bytes:
        drawn.append(svg_string)
        png = io.BytesIO()
        Image.new("RGBA", (width, height), (255, 0, 0, 255)).save(png, "PNG")
        return png.getvalue()

    monkeypatch.setitem(sys.modules, "resvg_py", SimpleNamespace(svg_to_bytes=svg_to_bytes))
    artwork = find_artwork(collection, "iconify", "🍎")

    assert artwork is not None
    assert ("RGBA", (255, 0, 0, 255)) == (artwork.mode, artwork.getpixel((0, 0)))
    assert 'viewBox="0 0 32 32"' in drawn[0]
    assert '<circle cx="16"' in drawn[0]
    assert None is find_artwork(collection, "iconify", "🍐")


def test_svg_is_drawn_as_it_says(collection: Path) -> None:
    """By the real library: a red disc that fills the picture, nothing in its corners."""
    artwork = find_artwork(collection, "iconify", "🍎")

    assert artwork is not None
    assert (512, 512) == artwork.size
    assert (255, 0, 0, 255) == artwork.getpixel((256, 256))
    assert (0, 0, 0, 0) == artwork.getpixel((2, 2))


def test_without_the_library_for_svg_it_is_said_how_to_install_it(
    collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With this very Python: the extra is that of the project's own description."""
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(VelaturaError) as caught:
        find_artwork(collection, "iconify", "🍎")

    assert f"{sys.executable} -m pip install 'velatura[train]'" in caught.value.info.message


def _plan(key: str, colour: str | None, background: str) -> ScenePlan:
    thing = ThingPlan(key=key, colour=colour, variant=colour or "natural", style="flat")
    return ScenePlan(things=(thing,), background=background)


def _worded(recipe: Recipe, key: str, seed: int) -> str:
    """A caption of the thing as it is, in its first words."""
    thing = ThingPlan(key=key, colour=recipe.things[key].natural, variant="natural", style="flat")
    return caption(ScenePlan(things=(thing,), background="white"), recipe, "en", random.Random(seed)).split(" on ")[0]
