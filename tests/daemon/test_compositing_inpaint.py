"""The way from canvas and selection to the patch: what may change, what colours it has, and how its seam looks."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velatura_daemon.compositing.inpaint import compose_patch, prepare_inpaint
from velatura_daemon.compositing.over import composite_over
from velatura_daemon.compositing.transparency.continuing import continued
from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import InpaintSettings

PLAIN = InpaintSettings(match_colours=False, correct_seam=False)
FILLS = ("original", "blur", "neutral", "noise")


def landscape(side: int) -> np.ndarray:
    """A painting of a sky, three ranges of hills, a sun, brush strokes and grain: (side, side, 4) uint8, opaque."""
    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    picture = np.stack([150 + 60 * rows, 180 + 30 * rows, 235 - 40 * rows], axis=-1)
    cv2.circle(picture, (int(0.75 * side), int(0.2 * side)), int(0.08 * side), (250, 235, 180), -1, cv2.LINE_AA)
    for number, (colour, level) in enumerate([((110, 130, 150), 0.5), ((90, 130, 90), 0.62), ((70, 110, 60), 0.75)]):
        ridge = level + 0.06 * np.sin(columns * 2 * np.pi * (1 + number) + number)
        cover = np.clip((rows - ridge) * side / 2, 0, 1)[..., None]
        picture = picture * (1 - cover) + np.array(colour, np.float32) * (1 - 0.3 * (rows - ridge))[..., None] * cover
    for _ in range(600):
        x, y = (int(value) for value in generator.integers(0, side, 2))
        tilt = generator.normal(0, 0.3)
        end = (int(x + side * 0.03 * np.cos(tilt)), int(y + side * 0.03 * np.sin(tilt)))
        cv2.line(picture, (x, y), end, (picture[y, x] + generator.normal(0, 12, 3)).tolist(), 2, cv2.LINE_AA)
    picture += generator.normal(0, 2, (side, side, 1))
    return np.dstack((np.clip(picture, 0, 255), np.full((side, side), 255))).astype(np.uint8)


def lasso(side: int, centre: tuple[float, float], radius: float, softness: float) -> np.ndarray:
    """A hand-drawn selection, (side, side) uint8; centre (x, y) and radius are fractions of the side."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    distance = side * radius * (1 + 0.2 * np.sin(3 * turn))
    outline = np.stack(
        [side * centre[0] + distance * np.cos(turn), side * centre[1] + distance * np.sin(turn)], axis=-1
    )
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [outline.astype(np.int32)], 255, cv2.LINE_AA)
    return cv2.GaussianBlur(mask, (0, 0), softness) if softness else mask


SELECTIONS = {
    "lasso": lasso(512, (0.45, 0.55), 0.2, 1),
    "border": lasso(512, (0.1, 0.9), 0.25, 1),
    "islands": np.maximum(lasso(512, (0.25, 0.7), 0.08, 1), lasso(512, (0.6, 0.35), 0.12, 1)),
}


def lab_of(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def shifted(rgb: np.ndarray, lab_shift: tuple[float, float, float], where: np.ndarray | float = 1.0) -> np.ndarray:
    """(h, w, 3) uint8 with a shift in L*a*b* units, as far as ``where`` (0..1) says: a model's drift."""
    lab = lab_of(rgb) + np.array(lab_shift, np.float32) * np.atleast_3d(np.float32(where))
    drifted = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB)
    return (np.clip(drifted, 0, 1) * 255 + 0.5).astype(np.uint8)


def colour_difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """CIE 1976 delta E of each pixel, (h, w)."""
    return np.sqrt(((lab_of(one) - lab_of(other)) ** 2).sum(axis=2))


def repainted(canvas, mask, inpaint, *, drift=(0.0, 0.0, 0.0), local=(0.0, 0.0, 0.0), run=None) -> np.ndarray:
    """The canvas after a job whose model paints the same picture, drifted everywhere and in the repainted part."""
    run_width, run_height = run or (canvas.shape[1], canvas.shape[0])
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=inpaint, run_width=run_width, run_height=run_height)
    generated = shifted(shifted(inputs.image, drift), local, inputs.denoise_mask)
    patch, x, y = compose_patch(generated=generated, canvas=canvas, inputs=inputs, settings=inpaint)
    return composite_over(canvas, patch, x, y)


@st.composite
def jobs(draw):
    """A canvas with holes, a selection with islands and borders, settings and a run size; from 1 x 1 on."""
    height, width = draw(st.integers(1, 48)), draw(st.integers(1, 48))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    canvas = generator.integers(0, 256, (height, width, 4), np.uint8)
    if draw(st.booleans()):
        canvas[..., 3] = 255
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 3))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        mask[top : draw(st.integers(top + 1, height)), left : draw(st.integers(left + 1, width))] = draw(
            st.integers(1, 255)
        )
    inpaint = InpaintSettings(
        grow=draw(st.integers(0, 6)),
        feather=draw(st.integers(0, 6)),
        fill=draw(st.sampled_from(FILLS)),
        match_colours=draw(st.booleans()),
        correct_seam=draw(st.booleans()),
    )
    run_width, run_height = draw(st.sampled_from([(64, 64), (16, 40), (8, 8)]))
    generated = generator.integers(0, 256, (run_height, run_width, 3), np.uint8)
    return canvas, mask, inpaint, generated


@settings(max_examples=400, deadline=None)
@given(jobs())
def test_nothing_outside_alpha_changes(job):
    """Any selection, any settings, any picture from the model: outside alpha the canvas keeps every bit."""
    canvas, mask, inpaint, generated = job
    before = [array.copy() for array in (canvas, mask, generated)]
    run_height, run_width = generated.shape[:2]
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=inpaint, run_width=run_width, run_height=run_height)
    assert (run_height, run_width, 3) == inputs.image.shape
    patch, x, y = compose_patch(generated=generated, canvas=canvas, inputs=inputs, settings=inpaint)
    for expected, actual in zip(before, (canvas, mask, generated), strict=True):
        np.testing.assert_array_equal(expected, actual)

    alpha = np.zeros_like(mask)
    alpha[y : y + patch.shape[0], x : x + patch.shape[1]] = patch[..., 3]
    np.testing.assert_array_equal(inputs.alpha, alpha)
    assert not patch[patch[..., 3] == 0].any()
    assert patch[..., 3].any(axis=0)[[0, -1]].all()
    assert patch[..., 3].any(axis=1)[[0, -1]].all()
    result = composite_over(canvas, patch, x, y)
    np.testing.assert_array_equal(canvas[alpha == 0], result[alpha == 0])


def test_an_empty_selection_is_refused():
    """A mask of zeros has nothing to repaint, and says so."""
    with pytest.raises(VelaturaError) as raised:
        prepare_inpaint(
            canvas=landscape(16), mask=np.zeros((16, 16), np.uint8), settings=PLAIN, run_width=64, run_height=64
        )
    assert "empty_selection" == raised.value.info.code


@pytest.mark.parametrize("inpaint", [PLAIN, InpaintSettings()])
def test_a_model_that_changes_nothing_leaves_the_painting(inpaint):
    """Neither matching nor seam correction invents a difference where there is none."""
    canvas, mask = landscape(256), lasso(256, (0.45, 0.55), 0.2, 3)
    np.testing.assert_allclose(canvas, repainted(canvas, mask, inpaint), atol=1)


# --- what stands in the masked area before denoising ---------------------------------------------------------------


@pytest.mark.parametrize("fill", FILLS[1:])
def test_what_is_masked_does_not_shine_through(fill):
    """Two canvases that differ only under the selection give the same input: what was there is gone."""
    canvas, mask = landscape(128), lasso(128, (0.5, 0.5), 0.25, 0)
    other = canvas.copy()
    other[mask == 255] = (255, 0, 255, 255)
    one, two = (
        prepare_inpaint(canvas=picture, mask=mask, settings=replace(PLAIN, fill=fill), run_width=64, run_height=64)
        for picture in (canvas, other)
    )
    soft_edge = cv2.dilate(((mask > 0) & (mask < 255)).astype(np.uint8), np.ones((5, 5)))
    hard = cv2.resize(soft_edge, (64, 64), interpolation=cv2.INTER_AREA) == 0
    np.testing.assert_array_equal(one.image[hard], two.image[hard])


def test_the_original_is_left_as_it_is():
    """``original`` shows the model the canvas, at its own size to the bit."""
    canvas, mask = landscape(64), lasso(64, (0.5, 0.5), 0.25, 2)
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=PLAIN, run_width=64, run_height=64)
    np.testing.assert_array_equal(canvas[..., :3], inputs.image)


def test_blur_takes_the_colours_of_the_surroundings():
    """A hole in the sky is filled with sky, and joins it without a step."""
    canvas, mask = landscape(256), lasso(256, (0.3, 0.2), 0.1, 0)
    filled = prepare_inpaint(
        canvas=canvas, mask=mask, settings=replace(PLAIN, fill="blur"), run_width=256, run_height=256
    ).image
    assert colour_difference(filled, canvas)[mask == 255].mean() < 5


def test_noise_is_the_same_for_the_same_request():
    """Everything that decides a picture is in the request: the noise comes from the mask, not from a clock."""
    canvas, mask = landscape(64), lasso(64, (0.5, 0.5), 0.25, 0)
    one, two = (
        prepare_inpaint(canvas=canvas, mask=mask, settings=replace(PLAIN, fill="noise"), run_width=64, run_height=64)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.image, two.image)
    assert one.image[mask == 255].std() > 20


def test_an_unknown_filling_is_refused():
    """A name that is not among the four is answered with them."""
    with pytest.raises(VelaturaError, match="original, blur, neutral, noise"):
        prepare_inpaint(
            canvas=landscape(16),
            mask=np.full((16, 16), 255, np.uint8),
            settings=replace(PLAIN, fill="x"),
            run_width=64,
            run_height=64,
        )


def test_transparent_canvas_takes_the_colours_around_it():
    """Where there is no paint, the model sees the neighbouring paint, not the black that the pixels hold."""
    canvas = landscape(128)
    hole = lasso(128, (0.3, 0.2), 0.1, 0) > 0
    clear = canvas.copy()
    clear[hole] = 0
    np.testing.assert_allclose(lab_of(canvas)[hole].mean(axis=0), lab_of(continued(clear))[hole].mean(axis=0), atol=4)
    np.testing.assert_array_equal(canvas[~hole][:, :3], continued(clear)[~hole])
    assert (continued(np.zeros((5, 5, 4), np.uint8)) == 128).all()


# --- colour matching -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drift", [(6.0, 0.0, 0.0), (-6.0, 3.0, -4.0)])
def test_a_drift_of_the_model_is_undone_and_contrast_kept(drift, record_property):
    """+6 L* everywhere: lightness comes back, and the contrast inside the mask stays within 1 %."""
    canvas, mask = landscape(512), lasso(512, (0.45, 0.55), 0.22, 4)
    matched = replace(PLAIN, match_colours=True)
    inside = mask == 255
    wanted = lab_of(canvas)[inside]
    before = lab_of(repainted(canvas, mask, PLAIN, drift=drift))[inside]
    after = lab_of(repainted(canvas, mask, matched, drift=drift))[inside]
    contrast = float(after[:, 0].std() / wanted[:, 0].std())
    record_property("contrast", contrast)
    record_property("mean_before", (before - wanted).mean(axis=0).tolist())
    record_property("mean_after", (after - wanted).mean(axis=0).tolist())
    assert np.abs((before - wanted).mean(axis=0) - drift).max() < 0.5
    assert np.abs((after - wanted).mean(axis=0)).max() < 0.3
    assert abs(contrast - 1) < 0.01


def test_new_content_does_not_count_as_drift():
    """A black object in the mask: the surroundings did not change, so neither does the object's black."""
    canvas, mask = landscape(256), lasso(256, (0.5, 0.5), 0.3, 0)
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=PLAIN, run_width=256, run_height=256)
    generated = inputs.image.copy()
    generated[mask > 0] = 0
    patch, _, _ = compose_patch(
        generated=generated, canvas=canvas, inputs=inputs, settings=replace(PLAIN, match_colours=True)
    )
    assert 0 == patch[..., :3].max()


def test_a_faded_picture_gets_its_contrast_back_but_vivid_colours_no_more():
    """15 % less contrast everywhere: restored in the painting's own range of colours, not extrapolated beyond it."""
    canvas, mask = landscape(512), SELECTIONS["lasso"]
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=PLAIN, run_width=512, run_height=512)
    mean = inputs.image.mean(axis=(0, 1))
    generated = (mean + (inputs.image - mean) * 0.85).astype(np.uint8)
    vivid = np.zeros(mask.shape, bool)
    vivid[260:290, 210:240] = True
    generated[vivid] = (230, 20, 20)
    patch, x, y = compose_patch(
        generated=generated, canvas=canvas, inputs=inputs, settings=replace(PLAIN, match_colours=True)
    )
    result = composite_over(canvas, patch, x, y)
    ordinary = (mask == 255) & ~vivid
    contrast = lab_of(result)[ordinary][:, 0].std() / lab_of(canvas)[ordinary][:, 0].std()
    assert abs(contrast - 1) < 0.03
    assert colour_difference(result, np.full_like(result, (230, 20, 20, 255)))[vivid].max() < 7


def test_without_unmasked_pixels_nothing_is_matched():
    """The selection covers the region: there is nothing to compare, so the picture comes back as it was made."""
    canvas, mask = landscape(64), np.full((64, 64), 255, np.uint8)
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=InpaintSettings(), run_width=64, run_height=64)
    generated = shifted(canvas[..., :3], (20.0, 10.0, 0.0))
    patch, _, _ = compose_patch(generated=generated, canvas=canvas, inputs=inputs, settings=InpaintSettings())
    np.testing.assert_array_equal(generated, patch[..., :3])


# --- the seam --------------------------------------------------------------------------------------------------------


def ring_inside(mask: np.ndarray, width: int = 8) -> np.ndarray:
    """The outermost ``width`` pixels of the selection, except along the canvas' own border; (h, w) bool."""
    selected = (mask > 127).astype(np.uint8)
    side = 2 * width + 1
    core = cv2.erode(selected, np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=255)
    return (selected > 0) & (core == 0)


@pytest.mark.parametrize("run", [512, 256])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_the_seam_disappears(selection, run, record_property, capsys):
    """A drift of the repainted part alone: in the 8 pixels inside the edge, most of the colour difference is gone."""
    canvas, mask = landscape(512), SELECTIONS[selection]
    ring = ring_inside(mask)
    ideal = repainted(canvas, mask, PLAIN, run=(run, run))  # what resampling alone costs
    difference = {}
    for name, inpaint in (("before", PLAIN), ("after", replace(PLAIN, correct_seam=True))):
        result = repainted(canvas, mask, inpaint, local=(6.0, -3.0, 5.0), run=(run, run))
        np.testing.assert_array_equal(canvas[mask == 0], result[mask == 0])
        difference[name] = float(colour_difference(result, ideal)[ring].mean())
        record_property(f"delta_e_{name}", difference[name])
    with capsys.disabled():
        print(f"\n  seam, {selection} run at {run}: delta E {difference['before']:.2f} -> {difference['after']:.2f}")
    assert difference["before"] > 6
    assert difference["after"] < 0.4 * difference["before"]


def test_the_middle_keeps_its_own_colours():
    """The correction has a limited reach: half way in, the patch is what the model painted."""
    canvas, mask = landscape(512), SELECTIONS["lasso"]
    core = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5)
    core = core > 0.55 * core.max()
    plain = repainted(canvas, mask, PLAIN, local=(6.0, 0.0, 0.0))
    corrected = repainted(canvas, mask, replace(PLAIN, correct_seam=True), local=(6.0, 0.0, 0.0))
    np.testing.assert_array_equal(plain[core], corrected[core])


def test_another_object_at_the_edge_is_not_recoloured():
    """A red object that is cut by the selection's edge is content, not a shift: its red is kept."""
    canvas, mask = landscape(256), lasso(256, (0.5, 0.5), 0.25, 0)
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=PLAIN, run_width=256, run_height=256)
    generated = inputs.image.copy()
    generated[inputs.denoise_mask > 0.5] = (200, 20, 20)
    patch, _, _ = compose_patch(
        generated=generated, canvas=canvas, inputs=inputs, settings=replace(PLAIN, correct_seam=True)
    )
    assert np.abs(patch[..., :3][patch[..., 3] == 255].astype(int) - (200, 20, 20)).max() <= 3


def test_texture_is_not_taken_for_a_shift():
    """New grain around the same mean colour: the correction stays below what can be seen."""
    canvas, mask = landscape(256), lasso(256, (0.5, 0.5), 0.25, 0)
    inputs = prepare_inpaint(canvas=canvas, mask=mask, settings=PLAIN, run_width=256, run_height=256)
    grain = np.random.default_rng(5).normal(0, 15, inputs.image.shape) * inputs.denoise_mask[..., None]
    generated = np.clip(inputs.image + grain, 0, 255).astype(np.uint8)
    plain, corrected = (
        compose_patch(generated=generated, canvas=canvas, inputs=inputs, settings=replace(PLAIN, correct_seam=on))[0]
        for on in (False, True)
    )
    assert np.abs(plain[..., :3].astype(int) - corrected[..., :3]).mean() < 1.5


def test_transparent_canvas_has_no_seam_to_correct():
    """Beside transparent pixels there is no colour to meet: the patch stays as painted."""
    canvas, mask = landscape(256), lasso(256, (0.5, 0.5), 0.25, 0)
    canvas[mask == 0] = 0
    plain, corrected = (
        repainted(canvas, mask, replace(PLAIN, correct_seam=on), local=(6.0, -3.0, 5.0)) for on in (False, True)
    )
    np.testing.assert_array_equal(plain, corrected)
