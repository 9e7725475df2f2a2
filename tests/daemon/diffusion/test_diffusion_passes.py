"""Regions larger than the model: a second pass in tiles, at sizes that the model was trained for."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from velatura_daemon.diffusion.passes import DETAIL_STRENGTH, Pass, plan_passes
from velatura_daemon.diffusion.tasks import RunSize
from velatura_daemon.diffusion.tiled_unet import OVERLAP, tile_starts, tiled_unet
from velatura_daemon.engine_contract import CancelledError
from velatura_daemon.planning.run_size import choose_run_size
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import ControlRequest, GenerationRequest

from .conftest import Easel, RecordingObserver

SIZES = TrainedSizes(512, 512, 384, 768, 512 * 768, 64)


def passes_for(width: int, height: int, sizes: TrainedSizes = SIZES, **fields: object) -> tuple[Pass, ...]:
    region = Rect(0, 0, width, height)
    given_fields = {"task": "txt2img", "model": "m", "canvas_width": width, "canvas_height": height, "region": region}
    request = GenerationRequest(**{**given_fields, **fields})  # type: ignore[arg-type]
    return plan_passes(request, RunSize(*choose_run_size(width, height, sizes)), sizes, 8)


def test_a_region_of_a_trained_size_is_painted_in_one_pass() -> None:
    """Nothing is gained by a second, up to half as many pixels again."""
    assert (Pass(RunSize(512, 512), RunSize(512, 512), 1.0),) == passes_for(512, 512)
    assert 1 == len(passes_for(600, 600))


def test_a_larger_region_is_gone_over_in_tiles() -> None:
    """The first pass composes, with the controls; the second adds detail at up to twice the side, without."""
    first, second = passes_for(3000, 3000)

    assert not first.is_tiled
    assert (RunSize(2 * first.size.width, 2 * first.size.height), DETAIL_STRENGTH) == (second.size, second.strength)
    assert (True, False) == (first.guided, second.guided)


def test_a_model_that_knows_whole_things_only_is_never_run_in_tiles() -> None:
    """Its picture is enlarged instead, also when a large canvas is gently repainted."""
    canvas = ImageRef(0, 3000, 3000)

    assert [False] == [one.is_tiled for one in passes_for(3000, 3000, sizes=replace(SIZES, largest_enlargement=1))]
    gentle = {"task": "img2img", "canvas": canvas, "strength": 0.4, "sizes": replace(SIZES, largest_enlargement=1)}
    assert [False] == [one.is_tiled for one in passes_for(3000, 3000, **gentle)]


def test_a_gentle_repaint_of_a_large_canvas_is_done_in_tiles_alone() -> None:
    """Reducing the canvas first would lose its own detail; with controls, or more strength, it is composed anew."""
    canvas = ImageRef(0, 1500, 1500)
    control = ControlRequest("edges", canvas)

    assert [True] == [one.is_tiled for one in passes_for(1500, 1500, task="img2img", canvas=canvas, strength=0.4)]
    for fields in ({"strength": 0.8}, {"strength": 0.4, "controls": (control,)}):
        passes = passes_for(1500, 1500, task="img2img", canvas=canvas, **fields)
        assert [False, True] == [one.is_tiled for one in passes]


@given(st.integers(1, 32768), st.integers(1, 32768), st.sampled_from([0.2, 1.0]))
def test_the_model_never_sees_a_size_that_it_was_not_trained_for(width: int, height: int, strength: float) -> None:
    """Every pass of every region: its tile is a trained size and fits into its picture, which has whole cells."""
    canvas = ImageRef(0, width, height)

    for one in passes_for(width, height, task="img2img", canvas=canvas, strength=strength):
        assert SIZES.allows(one.tile.width, one.tile.height)
        assert one.tile.width <= one.size.width
        assert one.tile.height <= one.size.height
        assert (0, 0) == (one.size.width % 8, one.size.height % 8)


@given(st.integers(1, 400), st.integers(4, 64))
def test_tiles_cover_everything_and_overlap(length: int, tile: int) -> None:
    """From the first pixel to the last, each sharing its share with the next."""
    starts = tile_starts(length, tile)

    assert (0, max(length - tile, 0)) == (starts[0], starts[-1])
    for before, after in itertools.pairwise(starts):
        assert before < after <= before + tile * (1 - OVERLAP) + 1


class Doubler(torch.nn.Module):
    """A UNet that predicts twice its input, and notes the sizes that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, ...]] = []

    def forward(self, sample: torch.Tensor, timestep: int, return_dict: bool = True) -> tuple[torch.Tensor]:
        self.seen.append(tuple(sample.shape))
        return (2 * sample,)


@pytest.fixture
def nothing() -> Callable[[], None]:
    return lambda: None


def test_tiles_are_put_together_without_seams(nothing: Callable[[], None]) -> None:
    """What each tile predicts alike comes out as if the whole had been seen at once; and only tiles are seen."""
    unet, sample = Doubler(), torch.randn(2, 4, 30, 22)

    with tiled_unet(unet, 16, 12, nothing):
        tiled = unet(sample, 0, return_dict=False)[0]

    assert torch.allclose(2 * sample, tiled, atol=1e-6)
    assert {(2, 4, 16, 12)} == set(unet.seen)


def test_after_the_block_the_unet_is_what_it_was(nothing: Callable[[], None]) -> None:
    """Also after an error inside it."""
    unet, sample = Doubler(), torch.randn(1, 4, 32, 32)

    with pytest.raises(ZeroDivisionError), tiled_unet(unet, 16, 16, nothing):
        _ = 1 // 0
    unet(sample, 0)

    assert [(1, 4, 32, 32)] == unet.seen


def test_a_job_can_be_cancelled_between_tiles() -> None:
    """A step of many tiles does not delay it."""

    def cancelled() -> None:
        raise CancelledError

    unet = Doubler()
    with pytest.raises(CancelledError), tiled_unet(unet, 16, 16, cancelled):
        unet(torch.randn(1, 4, 64, 64), 0)

    assert [] == unet.seen


def test_a_large_region_gets_more_detail_than_an_enlarged_picture(easel: Easel) -> None:
    """Same prompt and seed: the second pass leaves the composition and sharpens it, and the report says so."""
    import cv2

    small = easel.paint("txt2img", model="in-pieces", seed=1, steps=8).patches[0].rgba[..., :3]
    observer = RecordingObserver()

    large = easel.paint("txt2img", model="in-pieces", seed=1, steps=8, region=Rect(0, 0, 256, 256), observer=observer)

    picture = large.patches[0].rgba[..., :3]
    enlarged = cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC)
    blur = [cv2.GaussianBlur(one, (0, 0), 8).astype(float) for one in (picture, enlarged)]
    sharpness = [float(cv2.Laplacian(one, cv2.CV_64F).std()) for one in (picture, enlarged)]
    assert np.abs(blur[0] - blur[1]).mean() < 25
    assert sharpness[0] > 1.3 * sharpness[1]
    assert "256 x 256" in large.report.notes[0]
    names = [name for name, step, _ in observer.stages if step == 0]
    assert ["loading", "encoding", "denoising", "decoding", "compositing"] == names
    assert [(step, 10) for step in range(1, 11)] == [(step, of) for _, step, of in observer.stages if step]


def test_two_passes_encode_nothing_again_either(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """The second pass starts from the same first picture, so that its latents are found too."""
    canvas = np.repeat(np.repeat(apple, 2, axis=0), 2, axis=1)
    request = {"canvas": canvas, "region": Rect(0, 0, 256, 256), "strength": 0.8, "steps": 2}
    easel.paint("img2img", model="in-pieces", **request)

    again = easel.paint("img2img", model="in-pieces", **request)

    assert {"model_cached": 1, "prompt_cached": 2, "image_cached": 2} == again.report.counters


def test_pictures_of_a_large_batch_equal_their_seeds_alone(easel: Easel) -> None:
    """Each picture of the batch has its own second pass."""
    region = Rect(0, 0, 256, 256)

    batch = easel.paint("txt2img", model="in-pieces", seed=1, count=2, steps=1, region=region).patches
    alone = [easel.paint("txt2img", model="in-pieces", seed=seed, steps=1, region=region).patches[0] for seed in (1, 2)]

    assert all(np.array_equal(one.rgba, other.rgba) for one, other in zip(batch, alone, strict=True))


def test_a_large_selection_leaves_the_canvas_outside_alone(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Inpainting in two passes: the patch ends where the selection does, and is as large as it."""
    canvas = np.repeat(np.repeat(apple, 2, axis=0), 2, axis=1)
    mask = np.zeros((256, 256), np.uint8)
    mask[40:220, 40:220] = 255

    patch = easel.paint(
        "inpaint", model="in-pieces", canvas=canvas, mask=mask, region=Rect(0, 0, 256, 256), steps=3
    ).patches[0]

    assert (180, 180) <= patch.rgba.shape[:2]
    assert 255 == int(patch.rgba[100 - patch.y, 100 - patch.x, 3])
