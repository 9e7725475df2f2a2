"""Layer names and recipes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_client.recipe import NAME_LENGTH, kept_request, layer_name, recipe_text
from velatura_protocol.envelope import encode
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Patch, Report, Result, Submit
from velatura_protocol.request import GenerationRequest


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a red fox", "a red fox"),
        ("  a\n red\t fox, ", "a red fox"),
        ("", "Velatura 7"),
        (" ,.; ", "Velatura 7"),
        ("a very long description of a castle on a hill above the sea", "a very long description of a castle on…"),
        ("森" * 60, "森" * 39 + "…"),
        ("a cat \U0001f408\u200d\u2b1b", "a cat \U0001f408\u200d\u2b1b"),
    ],
)
def test_layer_is_named_after_the_prompt(prompt: str, name: str) -> None:
    """Short prompts as they are, long ones cut at a word, empty ones by their seed; emoji and Chinese stay."""
    assert layer_name(prompt, 7) == name


@given(st.text(), st.integers(min_value=0, max_value=2**63 - 1))
def test_every_prompt_gives_a_usable_name(prompt: str, seed: int) -> None:
    """Never empty, never long, one line, and every file format takes it."""
    name = layer_name(prompt, seed)

    assert 0 < len(name) <= max(NAME_LENGTH, len(f"Velatura {seed}"))
    assert name.splitlines() == [name]
    written = ElementTree.tostring(ElementTree.Element("layer", {"name": name}), encoding="UTF-8")
    assert ElementTree.fromstring(written).get("name") == name  # noqa: S314 - our own text


def test_recipe_holds_everything_that_decides_the_picture() -> None:
    """The JSON beside a layer has the whole request, this patch's seed and place, and what ran."""
    request = GenerationRequest(
        task="txt2img",
        model="m",
        canvas_width=8,
        canvas_height=8,
        region=Rect(0, 0, 8, 8),
        prompt="森",
        seed=5,
        count=2,
    )
    patch = Patch(ImageRef(1, 8, 8), 3, 4, 6)
    recipe = json.loads(recipe_text(Result("j", request, (patch,), Report(model="m", run_width=64)), patch))

    assert recipe["seed"] == 6
    assert (recipe["x"], recipe["y"]) == (3, 4)
    assert recipe["request"]["prompt"] == "森"
    assert recipe["request"]["region"] == {"x": 0, "y": 0, "width": 8, "height": 8}
    assert recipe["report"]["run_width"] == 64


REQUEST = GenerationRequest(
    task="inpaint", model="m", canvas_width=8, canvas_height=8, region=Rect(0, 0, 8, 8), canvas=ImageRef(0, 8, 8)
)
PATCH = Patch(ImageRef(0, 8, 8), 1, 2, 3)


def places(value: Any, owner: Any = None, key: Any = None) -> Iterator[tuple[Any, Any]]:
    """Every field of a plain value as its owner and its key."""
    if owner is not None:
        yield owner, key
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], value, name)


@settings(max_examples=400, deadline=None)
@given(
    index=st.integers(min_value=0, max_value=10_000),
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=3),
        st.sampled_from([10**400, 2**63, -(2**63) - 1, [], {}, [[]]]),
    ),
    cut=st.integers(min_value=0, max_value=10_000),
)
def test_mutated_recipe_is_read_or_refused(index: int, value: object, cut: int) -> None:
    """What is read can be sent to the daemon; anything else is a sentence."""
    text = recipe_text(Result("j", REQUEST, (PATCH,), Report()), PATCH, inputs=["a"])
    recipe = json.loads(text)
    found = list(places(recipe))
    owner, key = found[index % len(found)]
    owner[key] = value
    for mutated in (json.dumps(recipe), text[: cut % len(text)], text[: cut % len(text)] + "[" * 100_000):
        try:
            kept = kept_request(mutated)
        except VelaturaError as error:
            assert error.info.code == "invalid_value"
        else:
            assert encode(Submit("j", kept.request))


def test_whole_recipe_is_read() -> None:
    """The request of the patch's own seed, one picture, and the names of its inputs."""
    text = recipe_text(Result("j", REQUEST, (PATCH,), Report()), PATCH, inputs=["a"])

    assert (replace(REQUEST, seed=3, count=1), ("a",)) == (kept_request(text).request, kept_request(text).inputs)
