"""Results that are not what they say: a sentence, and nothing half-written."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from velatura_cli.destination import Destination
from velatura_cli.files.ora import OraPainting, decode_ora
from velatura_cli.files.png import encode_png
from velatura_cli.results import write_results
from velatura_client.client import Completed
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import CHANNEL_LAYOUTS, ImageRef, Rect
from velatura_protocol.messages import (
    Error,
    Fetch,
    Forget,
    Forgotten,
    Jobs,
    JobState,
    ListJobs,
    Patch,
    Report,
    Result,
    Status,
    Watch,
)
from velatura_protocol.request import GenerationRequest

JOB = "0123456789abcdef" * 2
REQUEST = GenerationRequest(
    task="txt2img", model="m", canvas_width=8, canvas_height=6, region=Rect(0, 0, 8, 6), prompt="sea", seed=1
)
PATCH = Patch(ImageRef(0, 8, 6), 0, 0, 1)
PIXELS = bytes(range(192))


def result(*patches: Patch, **request: object) -> Result:
    return Result(JOB, replace(REQUEST, **request), patches, Report(model="m"))


def image(**changes: object) -> Patch:
    return replace(PATCH, image=replace(PATCH.image, **changes))


LIES = {
    "too small a blob": (result(image(width=9)), [PIXELS]),
    "too large a blob": (result(image(height=5)), [PIXELS]),
    "grey": (result(image(channels="Y")), [PIXELS[:48]]),
    "another order": (result(image(channels="BGRA")), [PIXELS]),
    "floats": (result(image(dtype="f32")), [PIXELS * 4]),
    "linear light": (result(image(colour_space="linear-srgb")), [PIXELS]),
    "channels that nobody knows": (result(image(channels="CMYK")), [PIXELS]),
    "a dtype that nobody knows": (result(image(dtype="u128")), [PIXELS]),
    "bottom-up": (result(image(rows="bottom-up")), [PIXELS]),
    "blob -1": (result(image(blob=-1)), [PIXELS]),
    "blob 1 of 1": (result(image(blob=1)), [PIXELS]),
    "no blob": (result(PATCH), []),
    "no picture": (result(), [PIXELS]),
    "3,000 pictures": (result(*[PATCH] * 3000), [PIXELS]),
    "no width": (result(image(width=0)), [b""]),
    "negative sides": (result(image(width=-8, height=-6)), [PIXELS]),
    "a huge side": (result(image(width=2**62, height=2**62)), [PIXELS]),
    "outside of the canvas": (result(replace(PATCH, x=2**62)), [PIXELS]),
    "across its edge": (result(replace(PATCH, y=-1)), [PIXELS]),
    "a small canvas": (result(PATCH, canvas_width=4), [PIXELS]),
    "a canvas without size": (result(PATCH, canvas_height=-6), [PIXELS]),
    "the second of two": (result(PATCH, image(blob=1)), [PIXELS, PIXELS[:-1]]),
}


@pytest.mark.parametrize("out", ["x.png", "x.ora", "folder"])
@pytest.mark.parametrize("lie", LIES)
def test_lie_is_told_before_anything_is_written(tmp_path: Path, lie: str, out: str) -> None:
    """Whatever is wrong, and with whichever of several pictures."""
    told, blobs = LIES[lie]
    with pytest.raises(VelaturaError) as caught:
        write_results(Completed(told, tuple(blobs)), None, Destination(tmp_path / out))

    assert "internal" == caught.value.info.code
    assert caught.value.info.message.endswith(".")
    assert [] == list(tmp_path.iterdir())


def test_huge_canvas_is_refused(tmp_path: Path) -> None:
    """A painting of that size would fill the memory."""
    told = result(PATCH, canvas_width=2**40, canvas_height=2**40)
    with pytest.raises(VelaturaError) as caught:
        write_results(Completed(told, (PIXELS,)), None, Destination(tmp_path / "x.ora"))
    assert "image_too_large" == caught.value.info.code


numbers = st.sampled_from([-(2**63), -1, 0, 1, 2, 5, 6, 7, 8, 9, 32768, 32769, 2**63 - 1])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_result_is_written_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Random numbers in every field; what is written can be read and has the size that was said."""
    patches = tuple(
        Patch(
            ImageRef(
                data.draw(st.sampled_from([0, 1, -1, 64])),
                data.draw(st.sampled_from([8, 8, 8, 4, 0, -1, 2**62])),
                data.draw(st.sampled_from([6, 6, 6, 3, 0, 2**62])),
                data.draw(st.sampled_from(["RGBA", "RGBA", *CHANNEL_LAYOUTS, ""])),
                data.draw(st.sampled_from(["u8", "u8", "u16", "x"])),
            ),
            data.draw(st.sampled_from([0, 0, 1, -5, 2**63 - 1])),
            data.draw(st.sampled_from([0, 0, -(2**63)])),
            data.draw(numbers),
        )
        for _ in range(data.draw(st.integers(0, 3)))
    )
    blobs = tuple(bytes(data.draw(st.sampled_from([192, 192, 48, 0, 384]))) for _ in range(3))
    folder = tmp_path_factory.mktemp("results")
    out = folder / data.draw(st.sampled_from(["x.png", "x.ora", "folder"]))
    prompt = data.draw(st.sampled_from(["sea", "", "\x00\ud800/../", "森" * 50]))
    try:
        written = write_results(Completed(result(*patches, prompt=prompt), blobs), None, Destination(out))
    except VelaturaError as error:
        assert error.info.code in ("internal", "image_too_large")
        assert [] == list(folder.iterdir())
        return
    assert len(written.files) == (1 if out.suffix == ".ora" else len(patches))
    assert all(path.is_file() and folder in path.parents for path in written.files)


def held(answer: object, blobs: list[bytes]) -> Callable:
    """A daemon that holds one finished job and gives ``answer`` when it is fetched."""

    def reply(envelope):
        if isinstance(envelope.body, ListJobs):
            return Jobs((JobState(JOB, "succeeded"),)), []
        if isinstance(envelope.body, Watch):
            return JobState(JOB, "succeeded"), []
        if isinstance(envelope.body, Fetch):
            return answer, blobs
        return None

    return reply


ANSWERS = {
    "a size that lies": LIES["too small a blob"],
    "another kind": (Status(1, "idle", 0, 0, 1.0), []),
    "another job's": (replace(result(PATCH), job="f" * 32), [PIXELS]),
    "forgotten": (Forgotten(JOB), []),
    "3,000 pictures": LIES["3,000 pictures"],
    "deleted by the daemon": (Error(VelaturaError("result_expired", "It was deleted.").info), []),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_lie_over_the_wire(fake_daemon, run_velatura, tmp_path: Path, monkeypatch, answer: str) -> None:
    """The command line tells it in a sentence, keeps the job, and writes nothing."""
    monkeypatch.setenv("VELATURA_STATE", str(tmp_path))
    daemon = fake_daemon(held(*ANSWERS[answer]))
    out = tmp_path / "out"
    out.mkdir()
    ran = run_velatura("fetch", JOB[:4], "--out", out / "x.png", "--json")

    assert 1 == ran.code
    assert ran.json["error"]["message"].endswith(".")
    assert "Traceback" not in ran.err
    assert [] == list(out.iterdir())
    assert (answer == "deleted by the daemon") == any(isinstance(body, Forget) for body in daemon.heard)


# --- recipes ----------------------------------------------------------------------------------------------------------


def with_recipe(text: str) -> bytes:
    """A PNG that says ``text`` where our recipe stands."""
    from PIL import Image, PngImagePlugin

    information = PngImagePlugin.PngInfo()
    information.add_itxt("velatura", text)
    stream = io.BytesIO()
    Image.new("RGB", (2, 2)).save(stream, "PNG", pnginfo=information)
    return stream.getvalue()


def broken_recipes(recipe: dict) -> dict[str, str]:
    def changed(**fields: object) -> str:
        return json.dumps({**recipe, **fields})

    request, report = dict(recipe["request"]), dict(recipe["report"])
    texts = {
        "nothing": "",
        "no JSON": "{",
        "a list": "[]",
        "a number": "3",
        "null": "null",
        "brackets": "[" * 100_000,
        "deep": '{"a":' * 900 + "1" + "}" * 900,
        "deep in the request": changed(request={**request, "x": json.loads("[" * 200 + "]" * 200)}),
        "a long number": json.dumps(recipe).replace("42", "9" * 5000),
        "no number": json.dumps(recipe).replace("5.0", "NaN"),
        "infinite": json.dumps(recipe).replace("5.0", "1e999"),
        "newer": changed(recipe=2),
        "no version": changed(recipe=None),
        "a request that is text": changed(request="x"),
        "a report that is a list": changed(report=[]),
        "true for a number": changed(seed=True),
    }
    texts |= {f"without {name}": json.dumps({key: recipe[key] for key in recipe if key != name}) for name in recipe}
    texts |= {f"{name} is a map": changed(request={**request, name: {}}) for name in request}
    texts |= {f"{name} is null": changed(report={**report, name: None}) for name in report}
    for harmless in ("without x", "without y"):
        del texts[harmless]
    return texts


def test_broken_recipes_get_a_sentence(run_velatura, tmp_path: Path, recipe: dict) -> None:
    """Exit code 2, for people and as JSON; in a painting the layers that can be read are shown all the same."""
    for name, text in broken_recipes(recipe).items():
        data = with_recipe(text)
        (tmp_path / "x.png").write_bytes(data)
        painting = OraPainting.empty(2, 2)
        dot = np.zeros((2, 2, 4), np.uint8)
        painting.insert("good", encode_png(dot, recipe), 0, 0, above=None)
        painting.insert("bad", data, 0, 0, above=None)
        (tmp_path / "x.ora").write_bytes(painting.encode(dot))
        plain, as_json = (
            run_velatura("recipe", tmp_path / "x.png"),
            run_velatura("recipe", tmp_path / "x.png", "--json"),
        )
        layers = run_velatura("recipe", tmp_path / "x.ora", "--json")

        assert (2, 2, 0) == (plain.code, as_json.code, layers.code), name
        assert "invalid_value" == as_json.json["error"]["code"]
        assert "Traceback" not in plain.err
        assert (["good"], 1) == ([layer["name"] for layer in layers.json["layers"]], len(layers.json["problems"]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 30), value=json_values, byte=st.integers(0, 600), sign=st.characters(codec="utf-8"))
def test_mutated_recipes_never_end_in_a_traceback(
    run_velatura, tmp_path: Path, recipe: dict, place: int, value: object, byte: int, sign: str
) -> None:
    """A value put in the place of another, or a sign in the text."""
    changed = json.loads(json.dumps(recipe))
    owners = [(changed, key) for key in changed]
    owners += [(changed[part], key) for part in ("request", "report") for key in changed[part]]
    owner, key = owners[place % len(owners)]
    owner[key] = value
    text = json.dumps(recipe, ensure_ascii=False)
    for mutated in (json.dumps(changed), text[: byte % len(text)] + sign + text[byte % len(text) + 1 :]):
        (tmp_path / "x.png").write_bytes(with_recipe(mutated))
        for options in ((), ("--json",)):
            ran = run_velatura("recipe", tmp_path / "x.png", *options)
            assert ran.code in (0, 2)
            if options:
                json.loads(ran.out, parse_constant=pytest.fail)


def test_layers_of_the_same_name_are_all_shown(run_velatura, tmp_path: Path, recipe: dict) -> None:
    """Topmost first, each under a name of its own where names are keys, and layers of other kinds are passed over."""
    painting = OraPainting.empty(2, 2)
    dot = np.zeros((2, 2, 4), np.uint8)
    for seed, name in ((1, "fox"), (2, "fox"), (3, "fox (2)"), (4, "森\x1b"[:1]), (5, "fox")):
        painting.insert(name, encode_png(dot, {**recipe, "seed": seed}), 0, 0, above=None)
    painting.insert("fox", encode_png(dot), 0, 0, above=None)
    painting.insert("svg", b"<svg/>", 0, 0, above=None)
    (tmp_path / "x.ora").write_bytes(painting.encode(dot))
    told = run_velatura("recipe", tmp_path / "x.ora", "--json").json
    lines = run_velatura("recipe", tmp_path / "x.ora").out.splitlines()

    expected = [("fox", 5), ("森", 4), ("fox (2)", 3), ("fox", 2), ("fox", 1)]
    assert expected == [(layer["name"], layer["recipe"]["seed"]) for layer in told["layers"]]
    assert [5, 4, 3, 2, 1] == sorted((one["seed"] for one in told["recipes"].values()), reverse=True)
    assert 5 == told["recipes"]["fox"]["seed"]
    assert [f"[{name}]" for name, _seed in expected] == [line for line in lines if line.startswith("[")]
    assert decode_ora((tmp_path / "x.ora").read_bytes(), "x")
