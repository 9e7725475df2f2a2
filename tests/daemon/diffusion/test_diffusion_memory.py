"""Running out of memory: less at a time, then a sentence."""

import numpy as np
import pytest
import torch

from velatura_daemon.diffusion import painter
from velatura_daemon.diffusion.denoising import denoise
from velatura_daemon.diffusion.job_record import JobRecord
from velatura_daemon.diffusion.latents import decode_latents
from velatura_daemon.diffusion.memory import Economy, is_out_of_memory, with_less_and_less_memory
from velatura_protocol.errors import VelaturaError

from .conftest import Easel, RecordingObserver


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_exhausted_memory_is_told_from_other_errors(error: Exception, expected: bool) -> None:
    """Each device says it in its own way."""
    assert expected == is_out_of_memory(error)


def test_each_rung_uses_less_and_says_what_it_changed() -> None:
    """Plain, then tiles, then one by one; what is not needed is let go between the rungs."""
    record = JobRecord(RecordingObserver())
    tried: list[Economy] = []
    let_go: list[int] = []

    def attempt(economy: Economy) -> str:
        tried.append(economy)
        if not economy.one_by_one:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return "picture"

    result = with_less_and_less_memory(attempt, let_go=lambda: let_go.append(1), pictures=4, record=record)

    assert "picture" == result
    assert [(False, False), (True, False), (True, True)] == [(one.tiled, one.one_by_one) for one in tried]
    assert (2, 2) == (len(let_go), len(record.notes))


def test_when_nothing_helps_the_painter_reads_what_to_do() -> None:
    """One picture has no batch to take apart; the error may go away, so it can be tried again."""
    tried: list[Economy] = []

    def attempt(economy: Economy) -> None:
        tried.append(economy)
        raise MemoryError

    with pytest.raises(VelaturaError) as caught:
        with_less_and_less_memory(attempt, let_go=lambda: None, pictures=1, record=JobRecord(RecordingObserver()))

    assert 2 == len(tried)
    assert ("out_of_memory", True) == (caught.value.info.code, caught.value.info.retry)


def test_another_error_is_not_tried_again() -> None:
    """A fault of ours shows itself at once."""

    def attempt(economy: Economy) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        with_less_and_less_memory(attempt, let_go=lambda: None, pictures=1, record=JobRecord(RecordingObserver()))


def test_a_picture_that_does_not_fit_is_decoded_in_tiles(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the engine: the second attempt has a tiling VAE, the report says so, and the VAE is left as it was."""
    tilings: list[bool] = []

    def decode_with_little_memory(parts, latents):  # type: ignore[no-untyped-def]
        tilings.append(parts.vae.use_tiling)
        if not parts.vae.use_tiling:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode_latents(parts, latents)

    monkeypatch.setattr(painter, "decode_latents", decode_with_little_memory)
    result = easel.paint("txt2img", seed=5)
    monkeypatch.undo()

    assert [False, True] == tilings
    assert "in tiles" in result.report.notes[0]
    assert np.array_equal(easel.paint("txt2img", seed=5).patches[0].rgba, result.patches[0].rgba)


def test_a_batch_that_does_not_fit_is_taken_apart(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a device that batches: first both pictures at once, twice, then each for itself."""
    batches: list[int] = []

    def denoise_with_little_memory(inputs, seeds, **arguments):  # type: ignore[no-untyped-def]
        batches.append(len(seeds))
        if len(seeds) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return denoise(inputs, seeds, **arguments)

    monkeypatch.setattr(painter, "denoise", denoise_with_little_memory)
    monkeypatch.setattr(painter, "can_batch", lambda _: True)
    result = easel.paint("txt2img", seed=5, count=2)

    assert [2, 2, 1, 1] == batches
    assert "one after the other" in result.report.notes[1]
