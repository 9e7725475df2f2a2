"""The engine on the embedded model: each task, seeds, caches, cancelling, previews, and what is refused."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from velatura_daemon.diffusion.job_record import JobRecord
from velatura_daemon.diffusion.preview_frame import PreviewFrame
from velatura_daemon.diffusion.tasks import RunSize
from velatura_daemon.engine_contract import CancelledError, Engine, EngineSettings
from velatura_daemon.planning.run_size import choose_run_size
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .conftest import Easel, RecordingObserver


def test_text_becomes_an_opaque_picture_of_the_region(easel: Easel) -> None:
    """The patch covers the region at its place; the report says what ran."""
    result = easel.paint("txt2img", region=Rect(10, 20, 200, 130), seed=7)

    patch = result.patches[0]
    assert ((130, 200, 4), 10, 20, 7) == (patch.rgba.shape, patch.x, patch.y, patch.seed)
    assert patch.rgba[..., :3].std() > 10
    assert 255 == int(patch.rgba[..., 3].min())
    assert ("pochade", "cpu") == (result.report.model, result.report.device)
    assert {"loading", "encoding", "denoising", "decoding", "compositing"} == set(result.report.timings)


def test_the_prompt_decides_the_picture(easel: Easel) -> None:
    """Red on yellow is not blue on green, in the colours that were asked for."""
    red = easel.paint("txt2img", seed=3, steps=8).patches[0].rgba[40:90, 40:90].mean((0, 1))
    blue = easel.paint("txt2img", seed=3, steps=8, prompt="a blue car on a green background").patches[0].rgba
    blue_mean = blue[40:90, 40:90].mean((0, 1))

    assert red[0] > red[2] + 50
    assert blue_mean[2] > blue_mean[0]


def test_the_same_request_gives_the_same_picture(easel: Easel) -> None:
    """Twice the same, and another with another seed."""
    first, again, other = (easel.paint("txt2img", seed=seed).patches[0].rgba for seed in (5, 5, 6))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("sampler", ["", "euler_a"])
def test_a_picture_of_a_batch_equals_its_seed_alone(easel: Easel, sampler: str) -> None:
    """To the last bit on a CPU, also with a sampler that draws noise at each step."""
    batch = easel.paint("txt2img", seed=11, count=3, sampler=sampler, steps=3)

    alone = [easel.paint("txt2img", seed=seed, sampler=sampler, steps=3).patches[0].rgba for seed in (11, 12, 13)]

    assert [11, 12, 13] == [patch.seed for patch in batch.patches]
    assert all(np.array_equal(patch.rgba, one) for patch, one in zip(batch.patches, alone, strict=True))


def test_strength_says_how_much_of_the_canvas_gives_way(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """More strength, more change; and the steps that run are that share of the schedule."""
    observers = [RecordingObserver() for _ in range(3)]
    changes = []
    for strength, observer in zip((0.25, 0.6, 1.0), observers, strict=True):
        result = easel.paint(
            "img2img", canvas=apple, strength=strength, steps=8, prompt="a blue car on green", observer=observer
        )
        changes.append(np.abs(result.patches[0].rgba.astype(float) - apple).mean())

    assert sorted(changes) == changes
    last_steps = [max(step for name, step, _ in observer.stages if name == "denoising") for observer in observers]
    assert [2, 5, 8] == last_steps


def test_a_tiny_strength_still_runs_one_step(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """A share that rounds to no step at all would give an error in diffusers."""
    observer = RecordingObserver()

    easel.paint("img2img", canvas=apple, strength=0.01, observer=observer)

    assert ("denoising", 1, 1) in observer.stages


def test_a_layer_keeps_its_own_transparency(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """img2img on a cut-out gives back a cut-out: its alpha unchanged, nothing where there was nothing."""
    layer = apple.copy()
    layer[:40, :, 3] = 0
    layer[40:60, :, 3] = 100

    patch = easel.paint("img2img", canvas=layer, strength=0.5).patches[0].rgba

    assert np.array_equal(layer[..., 3], patch[..., 3])
    assert not patch[:40].any()


def test_an_empty_layer_gives_an_opaque_picture_and_says_so(easel: Easel) -> None:
    """With the layer's own alpha nothing at all would be seen."""
    result = easel.paint("img2img", canvas=np.zeros((128, 128, 4), np.uint8))

    assert 255 == int(result.patches[0].rgba[..., 3].min())
    assert "empty" in result.report.notes[0]


def test_inpainting_gives_a_patch_of_the_selection(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """Placed in the document, with the selection as its alpha, and repainted inside."""
    mask = np.zeros((128, 128), np.uint8)
    mask[30:90, 40:100] = 255

    result = easel.paint(
        "inpaint", canvas=apple, mask=mask, region=Rect(300, 200, 128, 128), prompt="a blue car", steps=8
    )

    patch = result.patches[0]
    height, width = patch.rgba.shape[:2]
    on_canvas = np.zeros((128, 128, 4), np.uint8)
    on_canvas[patch.y - 200 : patch.y - 200 + height, patch.x - 300 : patch.x - 300 + width] = patch.rgba
    assert 255 == int(on_canvas[40:80, 50:90, 3].min())
    assert 0 == int(on_canvas[:20, :, 3].max())
    assert np.abs(on_canvas[40:80, 50:90, :3].astype(float) - apple[40:80, 50:90, :3]).mean() > 10


def test_an_empty_selection_is_an_error_of_the_asker(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """There is nothing to repaint."""
    with pytest.raises(VelaturaError) as caught:
        easel.paint("inpaint", canvas=apple, mask=np.zeros((128, 128), np.uint8))

    assert "empty_selection" == caught.value.info.code


def test_switching_prompts_and_undoing_a_stroke_encodes_nothing_again(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """After both prompts and both canvases were seen once, going back and forth only finds what is there."""
    stroke = apple.copy()
    stroke[100:110, 20:60, :3] = (12, 34, 56)
    prompts = ("a silver moon over a meadow", "a golden moon over a beach")
    for canvas, prompt in ((apple, prompts[0]), (stroke, prompts[1])):
        easel.paint("img2img", canvas=canvas, prompt=prompt, strength=0.5)

    counters = [
        easel.paint("img2img", canvas=canvas, prompt=prompt, strength=0.5).report.counters
        for canvas, prompt in ((apple, prompts[1]), (apple, prompts[0]), (stroke, prompts[0]))
    ]

    found = {"model_cached": 1, "prompt_cached": 2, "image_cached": 1}
    assert [found, found, found] == counters


def test_a_new_prompt_and_a_new_canvas_are_encoded_once(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """The counters do count."""
    changed = apple.copy()
    changed[0, 0, :3] = (1, 2, 3)

    counters = easel.paint("img2img", canvas=changed, prompt="a prompt of this test alone").report.counters

    assert (1, 1) == (counters["prompt_encoded"], counters["image_encoded"])


@pytest.mark.parametrize("at", [("loading", 0), ("encoding", 0), ("denoising", 2), ("decoding", 0)])
def test_a_cancelled_job_ends_at_once(easel: Easel, apple: NDArray[np.uint8], at: tuple[str, int]) -> None:
    """In each stage: nothing later than the stage, or the step, in which it was cancelled."""
    observer = RecordingObserver(cancel_at=at)

    with pytest.raises(CancelledError):
        easel.paint("img2img", canvas=apple, observer=observer, steps=8)

    assert at == observer.stages[-1][:2]


def test_a_cancelled_job_leaves_the_engine_as_it_was(easel: Easel) -> None:
    """The picture after a cancelled job is the one from before it."""
    before = easel.paint("txt2img", seed=21).patches[0].rgba
    with pytest.raises(CancelledError):
        easel.paint("txt2img", seed=22, observer=RecordingObserver(cancel_at=("denoising", 1)))

    assert np.array_equal(before, easel.paint("txt2img", seed=21).patches[0].rgba)


def test_previews_are_made_when_somebody_looks_and_resemble_the_picture(easel: Easel) -> None:
    """One for each credit, opaque; the last is near the finished picture, much nearer than grey is."""
    observer = RecordingObserver(previews_wanted=8)

    picture = easel.paint("txt2img", seed=3, steps=8, observer=observer).patches[0].rgba[..., :3]

    assert [(128, 128, 4)] * 8 == [preview.shape for preview in observer.previews]
    assert 255 == min(preview[..., 3].min() for preview in observer.previews)
    last, small = (one[..., :3].reshape(16, 8, 16, 8, 3).mean((1, 3)) for one in (observer.previews[-1], picture))
    assert np.abs(last - small).mean() < 0.6 * np.abs(small - 128).mean()


def test_a_preview_of_inpainting_shows_only_what_will_change(easel: Easel) -> None:
    """Laid over the region it leaves the canvas to be seen wherever the patch will: alpha is the selection's."""
    mask = np.zeros((200, 300), np.uint8)
    mask[50:150, 60:240] = np.linspace(0, 255, 180, dtype=np.uint8)
    canvas = np.full((200, 300, 4), 255, np.uint8)
    observer = RecordingObserver(previews_wanted=1)

    result = easel.paint("inpaint", canvas=canvas, mask=mask, observer=observer, region=Rect(0, 0, 300, 200))

    preview = observer.previews[0]
    height, width = preview.shape[:2]
    run = (result.report.run_width, result.report.run_height)
    assert (max(run), 4) == (max(preview.shape[:2]), preview.shape[2])
    assert 0 == preview[: height // 5, :, 3].max()
    row = preview[height // 2, :, 3].astype(int)
    expected = np.interp((np.arange(width) + 0.5) * 300 / width - 0.5, np.arange(300), mask[100])
    ramp = slice(0, int(0.75 * width))
    np.testing.assert_allclose(expected[ramp], row[ramp], atol=6)


def test_a_preview_of_a_layer_has_the_layers_own_alpha(easel: Easel, apple: NDArray[np.uint8]) -> None:
    """A figure on a transparent layer is previewed as a figure, not on its ground."""
    apple = apple.copy()
    apple[:, :64, 3] = 0
    observer = RecordingObserver(previews_wanted=1)

    easel.paint("img2img", canvas=apple, strength=0.8, observer=observer)

    np.testing.assert_array_equal(apple[..., 3], observer.previews[0][..., 3])


def test_previews_of_large_pictures_are_bounded(engine: Engine) -> None:
    """Whatever the model runs at, 256 pixels along the longer side, in the picture's shape."""
    maker = engine._painter._models.model("pochade", JobRecord(RecordingObserver())).preview  # type: ignore[attr-defined]
    alpha = np.zeros((2000, 3000), np.uint8)
    alpha[:, 1500:] = 255

    picture = PreviewFrame(maker, RunSize(768, 512), alpha).picture(torch.zeros((4, 64, 96)))

    assert (171, 256, 4) == picture.shape
    assert (0, 255) == (picture[:, :127, 3].max(), picture[:, 129:, 3].min())


def test_without_a_viewer_there_are_no_previews(easel: Easel) -> None:
    """No credit, no work."""
    observer = RecordingObserver(previews_wanted=0)

    easel.paint("txt2img", observer=observer)

    assert [] == observer.previews


def test_previews_change_nothing_in_the_picture(easel: Easel) -> None:
    """Looking is not touching."""
    watched = easel.paint("txt2img", seed=4, observer=RecordingObserver(previews_wanted=4))

    assert np.array_equal(watched.patches[0].rgba, easel.paint("txt2img", seed=4).patches[0].rgba)


@pytest.mark.parametrize("region", [Rect(0, 0, 1, 1), Rect(0, 0, 3, 900), Rect(0, 0, 2000, 700), Rect(5, 5, 100, 130)])
def test_whatever_the_region_the_model_runs_at_a_size_that_it_was_trained_for(easel: Easel, region: Rect) -> None:
    """The planned size; the patch has the region's size all the same."""
    sizes = TrainedSizes(128, 128, 96, 192, 128 * 192, 32)

    result = easel.paint("txt2img", region=region, steps=1)

    assert choose_run_size(region.width, region.height, sizes) == (result.report.run_width, result.report.run_height)
    assert sizes.allows(result.report.run_width, result.report.run_height)
    assert (region.height, region.width) == result.patches[0].rgba.shape[:2]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"model": "nobody"}, "unknown_model"),
        ({"task": "sculpt"}, "unknown_task"),
        ({"sampler": "dice"}, "unknown_sampler"),
        ({"run_width": 512, "run_height": 512}, "invalid_value"),
        ({"run_width": 100, "run_height": 128}, "invalid_value"),
        ({"task": "img2img"}, "invalid_value"),
        ({"task": "inpaint"}, "invalid_value"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_code(easel: Easel, fields: dict[str, object], code: str) -> None:
    """The engine does not rely on anybody having checked before it."""
    with pytest.raises(VelaturaError) as caught:
        easel.paint(**{"task": "txt2img", **fields})  # type: ignore[arg-type]

    assert code == caught.value.info.code


def test_numbers_that_overflow_are_an_error_and_not_a_black_picture(easel: Easel) -> None:
    """A prompt weight that no model can bear."""
    with pytest.raises(VelaturaError) as caught:
        easel.paint("txt2img", prompt=f"(apple:{'9' * 39})")

    assert "internal" == caught.value.info.code
    assert "overflowed" in caught.value.info.message


def test_a_long_prompt_with_a_short_negative_prompt_runs(easel: Easel) -> None:
    """Both are brought to one length."""
    result = easel.paint("txt2img", prompt="a red apple, " * 30, negative_prompt="blurred", steps=1)

    assert 1 == len(result.patches)


def test_without_guidance_the_negative_prompt_is_not_encoded(easel: Easel) -> None:
    """It would have no effect."""
    counters = easel.paint("txt2img", guidance_scale=1, prompt="only this one", steps=1).report.counters

    assert {"model_cached": 1, "prompt_encoded": 1} == counters


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    """The sentence says what to choose."""
    from velatura_daemon.diffusion.engine import create_engine

    with pytest.raises(VelaturaError, match="auto or cpu"):
        create_engine(EngineSettings(device="quantum"))


def test_describe_names_device_and_versions(easel: Easel) -> None:
    """What logs and doctor print."""
    description = easel.engine.describe()

    assert "cpu" == description["device"]
    assert {"torch", "diffusers", "transformers"} <= set(description)
