"""A traced run: the same picture as an untraced one, and true figures about it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.architectures.parts import ModelParts, Placement
from velatura_daemon.diffusion.trace.attention_maps import recorded_attention
from velatura_daemon.diffusion.trace.order import PreparedOrder, TraceOrder, prepare_order
from velatura_daemon.diffusion.trace.run_trace import RunTrace
from velatura_daemon.diffusion.trace.sheet.drawing import draw_sheet
from velatura_daemon.diffusion.trace.tracing import evenly, trace
from velatura_daemon.diffusion.trace.words import read_prompt
from velatura_daemon.engine_contract import EngineResult
from velatura_protocol.errors import VelaturaError

from .conftest import POCHADE, Easel, RecordingObserver

PROMPT = "a red apple on a yellow background"


@pytest.fixture(scope="module")
def parts() -> ModelParts:
    from velatura_daemon.architectures.sd1 import ARCHITECTURE

    architecture: Architecture = ARCHITECTURE
    return architecture.load(POCHADE, Placement(device="cpu", dtype=torch.float32))


@pytest.fixture(scope="module")
def traced() -> RunTrace:
    """Words to picture in 4 steps."""
    return traced_run(prepare_order(TraceOrder(prompt=PROMPT, steps=4, guidance_scale=5.0, seed=3)))


@pytest.fixture
def canvas_file(apple: NDArray[np.uint8], tmp_path: Path) -> Path:
    path = tmp_path / "apple.png"
    Image.fromarray(apple).save(path)
    return path


def traced_run(prepared: PreparedOrder) -> RunTrace:
    return trace(prepared, "cpu", RecordingObserver())


def picture(result: EngineResult) -> NDArray[np.uint8]:
    return result.patches[0].rgba[..., :3]


def test_the_picture_is_the_engine_s_own(easel: Easel, traced: RunTrace) -> None:
    """Looking changes nothing: bit for bit what the engine paints for the same request."""
    assert np.array_equal(picture(easel.paint("txt2img", prompt=PROMPT, guidance_scale=5.0, seed=3)), traced.picture)


def test_a_canvas_gives_the_engine_s_own_picture_too(easel: Easel, apple: NDArray[np.uint8], canvas_file: Path) -> None:
    """The same from a canvas, with strength and a negative prompt."""
    prepared = prepare_order(
        TraceOrder(prompt=PROMPT, negative_prompt="a cat", canvas=canvas_file, strength=0.5, steps=4, guidance_scale=5)
    )

    painted = easel.paint(
        "img2img", canvas=apple, prompt=PROMPT, negative_prompt="a cat", strength=0.5, guidance_scale=5.0, seed=0
    )

    assert np.array_equal(picture(painted), traced_run(prepared).picture)


def test_nothing_is_left_of_the_hooks(parts: ModelParts) -> None:
    """After the block, and after an error within it, the UNet is as it was, and its processors are untouched."""
    processors = dict(parts.unet.attn_processors)

    with pytest.raises(ValueError, match="stop"), recorded_attention(parts.unet, 16, 16):  # noqa: PT012
        assert any(layer._forward_pre_hooks for layer in parts.unet.modules())
        raise ValueError("stop")

    assert not any(layer._forward_pre_hooks for layer in parts.unet.modules())
    assert processors == parts.unet.attn_processors


def test_the_attention_is_the_layers_own(parts: ModelParts) -> None:
    """For each place the attention to all tokens sums to 1, and the maps have the latents' size, oblong ones too."""
    text = torch.randn((2, 77, parts.unet.config.cross_attention_dim), generator=torch.Generator().manual_seed(0))

    with torch.no_grad(), recorded_attention(parts.unet, 12, 16) as record:
        parts.unet(torch.zeros((2, 4, 12, 16)), 500, encoder_hidden_states=text)

    assert (77, 12, 16) == tuple(record.maps().shape)
    torch.testing.assert_close(record.maps().sum(0), torch.ones(12, 16), rtol=1e-4, atol=1e-4)


def test_of_two_predictions_the_one_with_the_prompt_is_read(parts: ModelParts) -> None:
    """Guidance runs both at once; the maps are those of the second alone."""
    generator = torch.Generator().manual_seed(0)
    text = torch.randn((2, 77, parts.unet.config.cross_attention_dim), generator=generator)
    latents = torch.randn((1, 4, 16, 16), generator=generator)
    with torch.no_grad(), recorded_attention(parts.unet, 16, 16) as both:
        parts.unet(latents.expand(2, -1, -1, -1), 500, encoder_hidden_states=text)
    with torch.no_grad(), recorded_attention(parts.unet, 16, 16) as alone:
        parts.unet(latents, 500, encoder_hidden_states=text[1:])

    torch.testing.assert_close(alone.maps(), both.maps(), rtol=1e-3, atol=1e-5)


def test_what_is_recorded_fits_together(traced: RunTrace) -> None:
    """Latents are the clean picture and the noise in the proportion of each step, which becomes ever cleaner."""
    signals = [step.signal for step in traced.shown_steps]

    assert [1, 2, 3, 4] == [step.number for step in traced.shown_steps]
    assert sorted(signals) == signals
    assert all(step.difference is not None and 0 < step.difference.max() for step in traced.shown_steps)
    assert 0 < sum(one.share for one in traced.attention) < 1
    for one in traced.attention:
        assert float(one.places.mean()) == pytest.approx(1, abs=1e-4)
    first, last = traced.noised[0], traced.noised[-1]
    assert (0, 1.0) == (first.timestep, first.signal)
    assert (True, False) == (last.is_start, last.is_skipped)


def test_without_guidance_there_is_nothing_to_compare() -> None:
    """Guidance 1 makes one prediction a step; the sheet leaves the row out and is drawn all the same."""
    traced = traced_run(prepare_order(TraceOrder(prompt="a fish", steps=2, guidance_scale=1.0)))

    assert [None, None] == [step.difference for step in traced.shown_steps]
    assert 1680 == draw_sheet(traced).width


@pytest.mark.parametrize(("strength", "steps_run"), [(0.25, 1), (0.5, 2), (1.0, 4)])
def test_strength_skips_the_noisiest_part(canvas_file: Path, strength: float, steps_run: int) -> None:
    """The run begins where the sheet marks it, and what is noisier is marked as skipped."""
    traced = traced_run(
        prepare_order(TraceOrder(prompt=PROMPT, canvas=canvas_file, strength=strength, steps=4, guidance_scale=1.0))
    )

    assert steps_run == len(traced.schedule)
    start = next(one for one in traced.noised if one.is_start)
    assert round(traced.schedule[0]) == start.timestep
    assert [one.timestep > start.timestep for one in traced.noised] == [one.is_skipped for one in traced.noised]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a red apple", ["a", "red", "apple"]),
        ("红苹果, Apple!", ["红", "苹", "果", ",", "apple", "!"]),
        ("(green:1.3) backgroundish", ["green", "backgroundish"]),
        ("", []),
    ],
)
def test_tokens_are_merged_to_words(parts: ModelParts, prompt: str, words: list[str]) -> None:
    """Pieces of a word come together again, bytes to characters; ids and positions are all accounted for."""
    read = read_prompt(parts, prompt)
    ids = parts.tokenizer(prompt.replace("(", "").replace(":1.3)", ""), add_special_tokens=False).input_ids

    assert words == [word.text for word in read.words]
    assert ids == [one for word in read.words for one in word.ids]
    assert list(range(1, len(ids) + 1)) == [place for word in read.words for place in word.positions]
    assert 77 == len(ids) + 2 + read.padding
    assert all(word.weight == (1.3 if word.text == "green" else 1) for word in read.words)


def test_a_long_prompt_goes_on_in_the_next_chunk(parts: ModelParts) -> None:
    """80 words: the positions jump over the end and begin token between the chunks."""
    read = read_prompt(parts, "red " * 80)

    assert 154 == read.length
    assert [(75,), (78,)] == [word.positions for word in read.words[74:76]]


@pytest.mark.parametrize(("length", "wanted", "indices"), [(1, 6, [0]), (6, 6, [*range(6)]), (12, 3, [0, 6, 11])])
def test_steps_are_chosen_evenly(length: int, wanted: int, indices: list[int]) -> None:
    """First and last are always among them."""
    assert indices == evenly(length, wanted)


def test_any_folder_of_a_model_can_be_traced(copied_model, canvas_file: Path) -> None:  # type: ignore[no-untyped-def]
    """A path in the place of an id."""
    folder = copied_model("mine")
    traced = traced_run(prepare_order(TraceOrder(prompt="a fish", model=str(folder), steps=1)))

    assert 1 == len(traced.schedule)


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        ({"model": "nothing"}, "unknown_model", "pochade"),
        ({"strength": 0.5}, "invalid_value", "--canvas"),
        ({"canvas": "missing.png"}, "invalid_value", "missing.png"),
        ({"canvas": __file__}, "invalid_value", "cannot be read as a picture"),
        ({"steps": 0}, "invalid_value", "steps"),
        ({"seed": -1}, "invalid_value", "seed"),
        ({"prompt": " "}, "invalid_value", "prompt"),
    ],
)
def test_what_cannot_be_traced_is_refused(order: dict, code: str, says: str) -> None:
    """Before a model is loaded, with a sentence that names what is wrong."""
    if "canvas" in order:
        order["canvas"] = Path(order["canvas"])
    with pytest.raises(VelaturaError) as caught:
        prepare_order(TraceOrder(**{"prompt": PROMPT, **order}))

    assert code == caught.value.info.code
    assert says in caught.value.info.message


def test_strength_out_of_range_is_refused(canvas_file: Path) -> None:
    """Like the daemon does."""
    with pytest.raises(VelaturaError, match="strength"):
        prepare_order(TraceOrder(prompt=PROMPT, canvas=canvas_file, strength=1.5))
