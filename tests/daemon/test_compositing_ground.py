"""Layers with holes: what the model sees, and what comes back."""

import numpy as np

from velatura_daemon.compositing.transparency.ground import put_on_ground, take_off_ground


def layer(colour: tuple[int, int, int]) -> np.ndarray:
    """8 x 8 pixels of one colour whose alpha runs from 0 to 255 across the columns."""
    rgba = np.empty((8, 8, 4), np.uint8)
    rgba[..., :3] = colour
    rgba[..., 3] = np.linspace(0, 255, 8).astype(np.uint8)
    return rgba


def test_dark_paint_stands_on_white_and_light_paint_on_black() -> None:
    """The ground is what the paint can be seen on."""
    assert (255, 0) == (put_on_ground(layer((40, 20, 90))).ground, put_on_ground(layer((250, 250, 240))).ground)
    assert [255] * 3 == put_on_ground(layer((40, 20, 90))).rgb[0, 0].tolist()


def test_an_unchanged_picture_comes_back_as_the_layer_was() -> None:
    """Taking the ground off undoes putting it on: no pale fringe at half-transparent edges."""
    canvas = layer((40, 20, 90))
    grounded = put_on_ground(canvas)

    result = take_off_ground(grounded.rgb, grounded)

    assert np.array_equal(canvas[..., 3], result[..., 3])
    seen = canvas[..., 3] >= 64
    assert 2 >= int(np.abs(result[seen].astype(int) - canvas[seen].astype(int)).max())
    assert not result[canvas[..., 3] == 0].any()


def test_an_opaque_picture_is_not_touched() -> None:
    """No hole, no ground."""
    canvas = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)
    canvas[..., 3] = 255

    grounded = put_on_ground(canvas)

    assert np.array_equal(canvas[..., :3], grounded.rgb)
    assert np.array_equal(canvas, take_off_ground(grounded.rgb, grounded))
