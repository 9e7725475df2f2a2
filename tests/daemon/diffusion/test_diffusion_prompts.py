"""Prompts: the notation of weights, and what becomes of it in the text encoder."""

from typing import Any

import pytest
import torch

from velatura_daemon.architectures.parts import ModelParts, Placement
from velatura_daemon.diffusion.loading import load_parts, own_scheduler
from velatura_daemon.diffusion.pipelines import build_pipeline
from velatura_daemon.diffusion.prompt_encoding import encode_prompt, pad_to_same_length
from velatura_daemon.diffusion.prompt_weighting import parse_weights
from velatura_daemon.models.library import EMBEDDED_FOLDER


@pytest.fixture(scope="module")
def parts() -> ModelParts:
    return load_parts(EMBEDDED_FOLDER / "models" / "pochade", Placement("cpu", torch.float32))


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("a cat", [("a cat", 1.0)]),
        ("", []),
        ("a (red:1.5) cat", [("a ", 1.0), ("red", 1.5), (" cat", 1.0)]),
        ("(cat)", [("cat", 1.1)]),
        ("[cat]", [("cat", 0.909)]),
        ("((cat))", [("cat", 1.21)]),
        ("(a (b:2):1.5)", [("a ", 1.5), ("b", 3.0)]),
        ("([a])", [("a", 1.0)]),
        (r"\(a\) \[b\] \\", [("(a) [b] \\", 1.0)]),
        ("（猫：1.2）和狗", [("猫", 1.2), ("和狗", 1.0)]),
        ("（猫）", [("猫", 1.1)]),
        ("(猫：1.2)", [("猫", 1.2)]),
        (r"\（猫\）", [("（猫）", 1.0)]),
        ("(word: -0.5)", [("word", -0.5)]),
        ("(.5 lens:.5)", [(".5 lens", 0.5)]),
        ("at 12:30", [("at 12:30", 1.0)]),
        ("a :) b", [("a :) b", 1.0)]),
        ("a)b]c", [("a)b]c", 1.0)]),
        ("a (b c", [("a ", 1.0), ("b c", 1.1)]),
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("a:1.2)", [("a:1.2)", 1.0)]),
        ("\\", [("\\", 1.0)]),
        ("🍎(🚗:1.3)", [("🍎", 1.0), ("🚗", 1.3)]),
    ],
)
def test_weights_are_read_as_painters_write_them(prompt: str, pieces: list[tuple[str, float]]) -> None:
    """The notation of the A1111 web UI, with its escapes, its nesting, and the full-width brackets of Chinese."""
    assert pieces == [(piece.text, pytest.approx(piece.weight, abs=0.001)) for piece in parse_weights(prompt)]


def test_a_hostile_prompt_is_read_in_time() -> None:
    """100 kB of brackets are text like any other: no recursion, no backtracking."""
    pieces = parse_weights("(" * 50_000 + ":" * 50_000)

    assert ":" * 50_000 == pieces[0].text


def test_a_plain_prompt_gives_what_diffusers_gives(parts: ModelParts) -> None:
    """Without weights our encoding is the pipeline's own, to the last bit."""
    pipeline: Any = build_pipeline(
        parts, own_scheduler(parts.scheduler_config), starts_from_image=False, controlnets=()
    )
    expected, _ = pipeline.encode_prompt("a red apple on a yellow background", "cpu", 1, False)

    assert torch.equal(expected, encode_prompt(parts, "a red apple on a yellow background"))


def test_a_weight_changes_its_own_token_and_keeps_the_mean(parts: ModelParts) -> None:
    """(word:1.3) scales one row; then the whole is scaled so that its mean is the plain prompt's."""
    plain, weighted = encode_prompt(parts, "a red apple")[0], encode_prompt(parts, "a (red:1.3) apple")[0]

    ratio = (weighted / plain).median(dim=1).values
    restored = float(ratio[0])

    assert pytest.approx(1.3 * restored, rel=1e-4) == float(ratio[2])
    assert torch.allclose(ratio[3:], torch.full((74,), restored), rtol=1e-4)
    assert pytest.approx(float(plain.mean()), rel=1e-3) == float(weighted.mean())


def test_a_long_prompt_is_encoded_in_chunks_and_loses_nothing(parts: ModelParts) -> None:
    """76 tokens need a second run of the encoder; a change in the last word changes the embedding."""
    words = "apple " * 76

    one, two = encode_prompt(parts, "apple " * 75), encode_prompt(parts, words)
    changed = encode_prompt(parts, words + "blue")

    assert ((1, 77, 192), (1, 154, 192)) == (tuple(one.shape), tuple(two.shape))
    assert not torch.equal(two, changed)


def test_a_short_negative_prompt_is_padded_to_a_long_prompt(parts: ModelParts) -> None:
    """Classifier-free guidance needs both of one length: the empty prompt's embedding is appended."""
    long, short, empty = encode_prompt(parts, "apple " * 100), encode_prompt(parts, "blurred"), encode_prompt(parts, "")

    padded = pad_to_same_length([long, short], empty)

    assert torch.equal(long, padded[0])
    assert torch.equal(torch.cat([short, empty], dim=1), padded[1])


@pytest.mark.parametrize("prompt", ["🍎🚗👩‍👩‍👧", "黄色背景上的红苹果", "\ud800", "<|endoftext|>", "\0"])
def test_any_text_can_be_encoded(parts: ModelParts, prompt: str) -> None:
    """Emoji, Chinese, a lone surrogate, a token's name and a null byte give finite embeddings."""
    embedding = encode_prompt(parts, prompt)

    assert bool(torch.isfinite(embedding).all())
