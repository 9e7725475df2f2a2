"""The adapter's own decisions, on a stand-in for Krita."""

import json
import sys

import pytest
from fake_krita import Document, FakeKrita, Node, Timer

from velatura_client.editor import Pixels
from velatura_protocol.errors import VelaturaError

PATCH = Pixels(bytes(4 * 6), 3, 2, "BGRA")


@pytest.fixture
def krita(monkeypatch):
    """A stand-in Krita; ``velatura_krita`` is imported anew on it and forgotten afterwards."""
    fake = FakeKrita()
    for name in [name for name in sys.modules if name.split(".")[0] == "velatura_krita"]:
        monkeypatch.delitem(sys.modules, name)
    import velatura_krita  # noqa: F401 - without krita in sys.modules it registers nothing

    for name, module in fake.modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    yield fake
    for name in [name for name in sys.modules if name.split(".")[0] == "velatura_krita"]:
        del sys.modules[name]


@pytest.fixture
def failures():
    return []


@pytest.fixture
def wrap(krita, failures):
    """``wrap(document)``: it is opened, and its wrapper returned."""
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.document import KritaDocument

    def wrap(document):
        krita.application.opened.append(document)
        return KritaDocument(document, BrushGuard(failures.append))

    return wrap


def names(node):
    return [child.name() for child in node.childNodes()]


def test_layer_goes_right_above_the_active_one(wrap, failures):
    """Between the active layer and the one above it, in sRGB, with its pixels set before it was added."""
    document = Document(Node("bottom"), Node("top"))
    document.setActiveNode(document.rootNode().childNodes()[0])
    wrap(document).insert_layer("patch", PATCH, 5, 6, "{}")
    assert ["bottom", "patch", "top"] == names(document.rootNode())
    patch = document.rootNode().childNodes()[1]
    assert (bytes(24), 5, 6, 3, 2) == patch.pixels
    assert ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc") == patch.colour_space
    assert [] == failures


def test_layer_stays_in_the_group_of_the_active_one(wrap):
    """A result for a layer inside a group stands in that group."""
    inside = Node("inside")
    group = Node("group", "grouplayer", (inside,))
    document = Document(group, Node("top"))
    document.setActiveNode(inside)
    wrap(document).insert_layer("patch", PATCH, 0, 0, "{}")
    assert (["group", "top"], ["inside", "patch"]) == (names(document.rootNode()), names(group))


def test_active_mask_counts_as_its_layer(wrap):
    """Only groups hold layers: above a layer's mask means above the layer, above the selection's means on top."""
    mask = Node("mask", "transparencymask")
    layer = Node("masked", "paintlayer", (mask,))
    selection_mask = Node("Selection Mask", "selectionmask")
    document = Document(layer, Node("top"), selection_mask)
    for active, expected in (
        (mask, ["masked", "patch", "top", "Selection Mask"]),
        (selection_mask, ["masked", "patch", "top", "patch", "Selection Mask"]),
    ):
        document.setActiveNode(active)
        wrap(document).insert_layer("patch", PATCH, 0, 0, "{}")
        assert expected == names(document.rootNode())


def test_painters_layer_becomes_active_again(wrap):
    """Krita activates the new layer later; as soon as it has, the painter's own is activated again."""
    document = Document(Node("painted"))
    painted = document.activeNode()
    wrap(document).insert_layer("patch", PATCH, 0, 0, "{}")
    document.setActiveNode(document.rootNode().childNodes()[1])
    Timer.turn()
    assert document.activeNode() is painted
    Timer.turn()
    assert not any(timer.is_running for timer in Timer.made)


def test_two_patches_keep_their_order(wrap):
    """The second of two patches waits until the painter's layer is active again: both stand above that."""
    document = Document(Node("painted"))
    painted = document.activeNode()
    wrapper = wrap(document)
    wrapper.insert_layer("first", PATCH, 0, 0, "{}")
    wrapper.insert_layer("second", PATCH, 0, 0, "{}")
    assert ["painted", "first"] == names(document.rootNode())
    document.setActiveNode(document.rootNode().childNodes()[1])
    Timer.turn()
    assert ["painted", "second", "first"] == names(document.rootNode())
    document.setActiveNode(document.rootNode().childNodes()[1])
    Timer.turn()
    assert document.activeNode() is painted


@pytest.mark.parametrize("held", ["mouse", "stroke"])
def test_insertion_waits_while_the_brush_is_down(wrap, krita, held):
    """Nothing is added while a button is down or Krita says that a stroke is open, and the lock is given back."""
    document = Document(Node("painted"))
    wrapper = wrap(document)
    krita.mouse, document.is_busy = held == "mouse", held == "stroke"
    wrapper.insert_layer("patch", PATCH, 0, 0, "{}")
    Timer.turn()
    assert ["painted"] == names(document.rootNode())
    krita.mouse, document.is_busy = False, False
    Timer.turn()
    assert ["painted", "patch"] == names(document.rootNode())
    assert 0 == document.locks


def test_document_closed_while_the_patch_waits(wrap, krita, failures):
    """A patch that waits for a document which is closed meanwhile goes nowhere and harms nothing."""
    document = Document(Node("painted"))
    wrapper = wrap(document)
    document.is_busy = True
    wrapper.insert_layer("patch", PATCH, 0, 0, "{}")
    krita.application.opened.clear()
    Timer.turn()
    assert (["painted"], []) == (names(document.rootNode()), failures)
    assert not any(timer.is_running for timer in Timer.made)


def test_recipes_are_kept_side_by_side(wrap):
    """Each result layer's recipe is stored under the layer's id; earlier ones stay."""
    document = Document(Node("painted"))
    wrapper = wrap(document)
    for recipe in ('{"prompt": "狐狸"}', '{"seed": 2}'):
        wrapper.insert_layer("patch", PATCH, 0, 0, recipe)
        document.setActiveNode(next(node for node in document.rootNode().childNodes() if node.name() == "patch"))
        Timer.turn()
    kept = json.loads(document.annotation("velatura-recipes").decode("utf-8"))
    layers = {node.uniqueId().toString() for node in document.rootNode().childNodes() if node.name() == "patch"}
    assert layers == set(kept)
    assert {'{"prompt": "狐狸"}', '{"seed": 2}'} == set(kept.values())


def test_failed_task_does_not_stop_the_guard(krita, failures):
    """An exception in one task is reported, and the next task still runs."""
    from velatura_krita.brush_guard import BrushGuard

    def fail():
        raise RuntimeError("broken")

    guard = BrushGuard(failures.append)
    done = []
    krita.mouse = True
    guard.when_free(lambda: True, fail)
    guard.when_free(lambda: True, lambda: done.append("second"))
    krita.mouse = False
    Timer.turn()
    Timer.turn()
    assert ([["broken"]], ["second"]) == ([list(failure.args) for failure in failures], done)


def test_calls_are_held_and_then_run_in_order(krita, failures):
    """While nothing may run, calls wait; then they run in their order, and one that fails does not stop the next."""
    from velatura_krita.deliver import UiThread

    open_gate, done = [], []

    def fail():
        raise RuntimeError("broken")

    thread = UiThread(may_run=lambda: bool(open_gate), on_failure=failures.append)
    for call in (lambda: done.append(1), fail, lambda: done.append(2)):
        thread.deliver(call)
    Timer.turn()
    assert [] == done
    open_gate.append(True)
    Timer.turn()
    assert ([1, 2], ["broken"]) == (done, [str(failure) for failure in failures])
    assert not any(timer.is_running for timer in Timer.made)


def test_nothing_runs_after_the_end(krita, failures):
    """Calls that were held, or come later, are dropped once Krita has said that it quits."""
    from velatura_krita.deliver import UiThread

    open_gate, done = [], []
    thread = UiThread(may_run=lambda: bool(open_gate), on_failure=failures.append)
    thread.deliver(lambda: done.append("held"))
    thread.close()
    open_gate.append(True)
    thread.deliver(lambda: done.append("late"))
    Timer.turn()
    assert ([], []) == (done, failures)


@pytest.mark.parametrize(
    ("channels", "data", "expected"),
    [
        ("BGRA", bytes([1, 2, 3, 4]), bytes([1, 2, 3, 4])),
        ("RGBA", bytes([1, 2, 3, 4, 5, 6, 7, 8]), bytes([3, 2, 1, 4, 7, 6, 5, 8])),
        ("RGB", bytes([1, 2, 3, 4, 5, 6]), bytes([3, 2, 1, 255, 6, 5, 4, 255])),
    ],
)
def test_channel_orders(krita, channels, data, expected):
    """Every colour layout of the protocol arrives in Krita's order, BGRA; without alpha it is opaque."""
    from velatura_krita.pixels import bgra_bytes

    pixels = Pixels(memoryview(data), len(data) // len(channels), 1, channels)
    assert expected == bgra_bytes(pixels)


def test_wrong_length_is_refused(krita):
    """Krita ignores pixel data of a wrong length in silence, so it is refused with a sentence."""
    from velatura_krita.pixels import bgra_bytes

    with pytest.raises(VelaturaError, match="with 7 bytes"):
        bgra_bytes(Pixels(bytes(7), 2, 1, "BGRA"))


@pytest.mark.parametrize(
    ("documents", "task", "words"),
    [([], "generate", "No picture is open"), ([Document(Node("a"))], "fill", "Nothing is selected")],
)
def test_obstacle_says_what_to_do(krita, documents, task, words):
    """Without a picture, or without a selection to fill, the painter reads a sentence and nothing is started."""
    from velatura_krita.plugin import Plugin

    krita.application.opened.extend(documents)
    plugin = Plugin()
    told = []
    plugin.editor.failed.connect(lambda job, message: told.append((job, message)))
    plugin.begin(task, "a fox")
    assert [("", plugin.obstacle(task))] == told
    assert words in told[0][1]
    assert "a fox" == plugin.prompt
