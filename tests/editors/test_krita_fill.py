"""The main job in real Krita, with the real daemon and the model in the package: a selection becomes a layer."""

import json
import re

import numpy as np
import pytest

pytestmark = pytest.mark.krita(everywhere=True)

WIDTH, HEIGHT = 640, 480
LAYERS = ["Background", "sky", "grass", "ink"]


class Found:
    """What ``scripts/fill.py`` left, with its pictures as arrays."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.values = outcome.values

    def picture(self, name):
        """(HEIGHT, WIDTH, 4) uint8 BGRA, straight alpha."""
        data = (self.outcome.folder / f"{name}.bgra").read_bytes()
        return np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH, 4)

    def mask(self, name):
        """(HEIGHT, WIDTH) uint8: 255 = selected."""
        return np.frombuffer((self.outcome.folder / f"{name}.y").read_bytes(), np.uint8).reshape(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def found(start_krita_once):
    outcome = start_krita_once().run("fill.py", timeout_s=240)
    assert outcome.error == ""
    assert [] == outcome.values["told"]["failed"]
    print(json.dumps({name: outcome.values[name] for name in ("seconds", "largest gap in ms")}))
    return Found(outcome)


def test_layer_stands_above_the_active_one(found):
    """It is named after the prompt and stands right above the layer that was active; that one is active again."""
    layers = found.values["layers"]
    assert [*LAYERS, "Selection Mask"] == layers["before"]
    assert ["Background", "sky", "grass", "a red apple", "ink", "Selection Mask"] == layers["after"]
    assert "grass" == layers["active"]


def test_result_lies_where_the_selection_was(found):
    """It has paint wherever something was selected and none elsewhere, and as much of it as was selected."""
    alpha, mask = found.picture("after.a red apple")[..., 3], found.mask("mask")
    assert 0 == alpha[mask == 0].max()
    assert alpha[mask == 255].min() >= 254
    # the soft edge: neither cut nor filled up
    soft = (mask > 25) & (mask < 230)
    assert soft.sum() > 1000
    assert np.abs(alpha[soft].astype(int) - mask[soft].astype(int)).max() <= 2


def test_nothing_outside_the_selection_changed(found):
    """The picture outside the selection, and every layer that was there before, are the same bit for bit."""
    outside = found.mask("mask") == 0
    assert np.array_equal(found.picture("before")[outside], found.picture("after")[outside])
    for layer in LAYERS:
        assert np.array_equal(found.picture(f"before.{layer}"), found.picture(f"after.{layer}"))
    assert np.array_equal(found.mask("mask"), found.mask("mask after"))


def test_something_was_painted(found):
    """Where all was selected, most of the picture is new."""
    inside = found.mask("mask") == 255
    change = np.abs(found.picture("after").astype(int) - found.picture("before").astype(int)).max(axis=2)
    assert np.median(change[inside]) > 8


def test_one_undo_step_takes_it_back(found):
    """The job added one step to the history; undoing once gives the very picture and layers of before."""
    (steps_before, row_before), (steps_after, row_after) = found.values["steps before"], found.values["steps after"]
    assert [*steps_before, "Add Layer"] == steps_after
    assert (row_before + 1, row_before) == (row_after, found.values["steps undone"][1])
    assert [*LAYERS, "Selection Mask"] == found.values["layers"]["undone"]
    assert np.array_equal(found.picture("before"), found.picture("undone"))


def test_redo_brings_it_back(found):
    """Redoing gives the layer at the same place with the same pixels."""
    assert found.values["layers"]["after"] == found.values["layers"]["redone"]
    assert np.array_equal(found.picture("after"), found.picture("redone"))
    assert np.array_equal(found.picture("after.a red apple"), found.picture("redone.a red apple"))


def test_plugin_started_the_daemon_and_left_it_running(found):
    """No daemon ran before; the one that the plug-in started outlives Krita, so that nothing is lost."""
    commands = sorted(found.outcome.left.values())
    assert 2 == len(commands), commands
    assert ["velatura_daemon run", "velatura_daemon.worker"] == [command.partition(" -m ")[2] for command in commands]
    assert (0, ()) == (found.outcome.exit_code, found.outcome.modals[1:])
    assert ("velatura_prompt_dialog", "Fill Selection", "") == found.outcome.modals[0]


def test_person_was_told(found):
    """What the plug-in said goes from connecting over the steps of painting to the new layer."""
    told = found.values["told"]
    assert "Connecting" == told["shown"][0]
    # which steps are told depends on how busy the machine is, as only the newest state is
    assert [sentence for sentence in told["shown"] if re.fullmatch(r"Painting \d+/\d+", sentence)], told["shown"]
    assert ["New layer: a red apple"] == told["finished"]
