"""The adapter's own decisions, on a stand-in for Krita."""

import json
import sys
import types

import pytest
from fake_krita import Document, FakeKrita, Node, Timer

from velatura_client.editor import Layer, NewLayer, Pixels, WaitingResult
from velatura_protocol.connection import Connection, write_connection
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

#: As recipes hold it.
REQUEST = {
    "task": "txt2img",
    "model": "m",
    "canvas_width": 8,
    "canvas_height": 8,
    "region": {"x": 0, "y": 0, "width": 8, "height": 8},
}
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


def insert(wrapper, name, recipe="{}", above=""):
    """Put ``PATCH`` in as the client does: as soon as the document is free."""
    wrapper.when_free(lambda: wrapper.insert_layer(NewLayer(name, PATCH, 5, 6, recipe), above=above))


def names(node):
    return [child.name() for child in node.childNodes()]


def test_layer_goes_right_above_the_active_one(wrap, failures):
    """Between the active layer and the one above it, in sRGB, with its pixels set before it was added."""
    document = Document(Node("bottom"), Node("top"))
    document.setActiveNode(document.rootNode().childNodes()[0])
    insert(wrap(document), "patch")
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
    insert(wrap(document), "patch")
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
        insert(wrap(document), "patch")
        assert expected == names(document.rootNode())


def test_painters_layer_becomes_active_again(wrap):
    """Krita activates the new layer later; as soon as it has, the painter's own is activated again."""
    document = Document(Node("painted"))
    painted = document.activeNode()
    insert(wrap(document), "patch")
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
    insert(wrapper, "first")
    insert(wrapper, "second")
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
    insert(wrapper, "patch")
    Timer.turn()
    assert ["painted"] == names(document.rootNode())
    krita.mouse, document.is_busy = False, False
    Timer.turn()
    assert ["painted", "patch"] == names(document.rootNode())
    assert 0 == document.locks


def test_document_closed_while_a_task_waits(wrap, krita, failures):
    """The task runs all the same, so that whoever waits for it hears that the document is closed."""
    document = Document(Node("painted"))
    wrapper = wrap(document)
    document.is_busy = True
    seen = []
    wrapper.when_free(lambda: seen.append(wrapper.is_open()))
    Timer.turn()
    assert [] == seen
    krita.application.opened.clear()
    Timer.turn()
    assert ([False], []) == (seen, failures)
    assert not any(timer.is_running for timer in Timer.made)


def test_nothing_runs_after_the_guard_was_closed(wrap, krita, failures):
    """What waits for the brush when Krita quits is dropped: its result stays with the daemon."""
    from velatura_krita.brush_guard import BrushGuard

    guard = BrushGuard(failures.append)
    done = []
    krita.mouse = True
    guard.when_free(lambda: True, lambda: done.append("late"))
    guard.close()
    krita.mouse = False
    Timer.turn()
    assert ([], []) == (done, failures)


def test_layer_goes_above_the_one_that_is_named(wrap):
    """The layer that was active at the beginning counts, in a group too; the painter's of now stays active."""
    inside, other = Node("inside"), Node("other")
    group = Node("group", "grouplayer", (inside, other))
    top = Node("top")
    document = Document(group, top)
    document.setActiveNode(inside)
    wrapper = wrap(document)
    above = wrapper.active_layer()
    document.setActiveNode(top)
    insert(wrapper, "patch", above=above)
    assert (["inside", "patch", "other"], ["group", "top"]) == (names(group), names(document.rootNode()))
    document.setActiveNode(group.childNodes()[1])
    Timer.turn()
    assert document.activeNode() is top


def test_layer_whose_neighbour_is_gone(wrap):
    """Without the layer that was active at the beginning the active one counts."""
    document = Document(Node("bottom"), Node("top"))
    document.setActiveNode(document.rootNode().childNodes()[0])
    insert(wrap(document), "patch", above="{gone}")
    assert ["bottom", "patch", "top"] == names(document.rootNode())


def test_key_of_the_active_layer(wrap):
    """A mask counts as its layer; without any layer there is no key."""
    mask = Node("mask", "transparencymask")
    layer = Node("masked", "paintlayer", (mask,))
    document = Document(layer)
    wrapper = wrap(document)
    keys = []
    for active in (layer, mask):
        document.setActiveNode(active)
        keys.append(wrapper.active_layer())
    document.setActiveNode(None)
    assert [layer.uniqueId().toString()] * 2 + [""] == [*keys, wrapper.active_layer()]


def test_recipes_are_kept_side_by_side(wrap):
    """Each result layer's recipe is stored under the layer's id; earlier ones stay."""
    document = Document(Node("painted"))
    wrapper = wrap(document)
    for recipe in ('{"prompt": "狐狸"}', '{"seed": 2}'):
        insert(wrapper, "patch", recipe)
        document.setActiveNode(next(node for node in document.rootNode().childNodes() if node.name() == "patch"))
        Timer.turn()
    kept = json.loads(document.annotation("velatura-recipes").decode("utf-8"))
    layers = {node.uniqueId().toString() for node in document.rootNode().childNodes() if node.name() == "patch"}
    assert layers == set(kept)
    assert {'{"prompt": "狐狸"}', '{"seed": 2}'} == set(kept.values())


@pytest.mark.parametrize(
    ("left", "inputs"),
    [
        ({"recipe": 1, "seed": 1, "request": REQUEST, "inputs": ["velatura-input-a"]}, ["velatura-input-a"]),
        ({"recipe": 99, "seed": 1, "request": REQUEST}, ["velatura-input-a", "velatura-input-b"]),
        ("damaged", ["velatura-input-a", "velatura-input-b"]),
    ],
)
def test_what_deleted_layers_were_made_from_is_forgotten(wrap, left, inputs):
    """When the document is opened next: their recipes, and the inputs that no other layer shares. Where a recipe that
    is left cannot be read, nothing is dropped, whosever it is.
    """
    from velatura_krita.annotations import forget_deleted, recipes

    document = Document(Node("painted"))
    wrapper = wrap(document)
    first = {"recipe": 1, "seed": 1, "request": REQUEST, "inputs": ["velatura-input-a", "velatura-input-b"]}
    for name, recipe in (("deleted", first), ("left", left)):
        insert(wrapper, name, json.dumps(recipe))
        document.setActiveNode(next(node for node in document.rootNode().childNodes() if node.name() == name))
        Timer.turn()
    for name in ("velatura-input-a", "velatura-input-b", "of another plug-in"):
        wrapper.keep_attachment(name, b"x")
    nodes = {node.name(): node for node in document.rootNode().childNodes()}
    forget_deleted(document)
    assert 2 == len(recipes(document))

    document.rootNode().setChildNodes([nodes["painted"], nodes["left"]])
    forget_deleted(document)

    is_read = inputs == ["velatura-input-a"]
    assert is_read == (set(recipes(document)) == {nodes["left"].uniqueId().toString()})
    assert {"velatura-recipes", "of another plug-in", *inputs} == set(document.annotationTypes())


@pytest.mark.parametrize(
    ("index", "left"),
    [
        (None, []),
        ("of this version", ["velatura-input-a"]),
        (b'{"history": 99, "jobs": []}', ["velatura-input-a", "velatura-input-b"]),
        (b"damaged", ["velatura-input-a", "velatura-input-b"]),
    ],
)
def test_what_the_history_was_made_from_stays(wrap, index, left):
    """Also without a layer. Where the history cannot be read, nothing is dropped."""
    from velatura_client.history_store import INDEX, KeptJob, KeptPicture, job_text, thumbnail_text, write_index
    from velatura_krita.annotations import forget_deleted
    from velatura_protocol.codec import from_plain
    from velatura_protocol.images import ImageRef
    from velatura_protocol.messages import Patch, Result
    from velatura_protocol.request import GenerationRequest

    if index == "of this version":
        picture = KeptPicture(0, Patch(ImageRef(0, 3, 2), 0, 0, 1), (), False, thumbnail_text(PATCH))
        result = Result("j", from_plain(GenerationRequest, REQUEST))
        index = write_index([job_text(KeptJob("j", 0.0, result, "", None, ("velatura-input-a",), (picture,)))])
    document = Document(Node("painted"))
    wrapper = wrap(document)
    for name in ("velatura-input-a", "velatura-input-b"):
        wrapper.keep_attachment(name, b"x")
    if index is not None:
        wrapper.keep_attachment(INDEX, index)
    document.setModified(False)
    forget_deleted(document)
    assert left == [name for name in document.annotationTypes() if name != INDEX]
    assert not document.modified()


@pytest.mark.parametrize("was_modified", [False, True])
def test_attachments_are_no_change_of_the_picture(wrap, was_modified):
    """A document without changes has none afterwards, and one with changes keeps them."""
    document = Document(Node("painted"))
    wrapper = wrap(document)
    document.setModified(was_modified)
    wrapper.keep_attachment("velatura-history", b"x")
    assert was_modified == document.modified()


def test_layers_are_listed_from_the_top(wrap):
    """Each group right before what it holds; masks are none, but a layer with one is not seen as it is."""
    inside = Node("inside", "paintlayer", (Node("mask", "transparencymask"),))
    group = Node("group", "grouplayer", (inside, Node("filter", "filterlayer")))
    document = Document(Node("bottom"), group, Node("Selection Mask", "selectionmask"))
    nodes = {"bottom": document.rootNode().childNodes()[0], "group": group, "inside": inside}
    nodes["filter"] = group.childNodes()[1]
    kinds = (("group", "group", 0), ("filter", "filter", 1), ("inside", "paint", 1), ("bottom", "paint", 0))
    expected = tuple(
        Layer(nodes[name].uniqueId().toString(), name, kind, depth, is_plain=name != "inside")
        for name, kind, depth in kinds
    )
    assert expected == wrap(document).layers()


def test_what_krita_keeps_among_the_layers_is_none(wrap):
    """Guides and reference images stand on top of all layers for scripts; nothing can be put above them."""
    document = Document(Node("bottom"), Node("decorations-wrapper-layer", ""))
    assert ["bottom"] == [layer.name for layer in wrap(document).layers()]
    document.setActiveNode(document.rootNode().childNodes()[1])
    bottom = document.rootNode().childNodes()[0]
    assert bottom.uniqueId().toString() == wrap(document).active_layer()


def test_document_without_layers(wrap):
    """Only a selection: no layer is active, and none is there."""
    document = Document(Node("Selection Mask", "selectionmask"))
    document.setActiveNode(document.rootNode().childNodes()[0])
    assert ("", ()) == (wrap(document).active_layer(), wrap(document).layers())


def test_layers_are_found_where_they_are_now(wrap, monkeypatch):
    """The tree is gone through once for many keys; what is moved is found, and what is removed is not."""
    inside, group = Node("inside"), Node("group", "grouplayer")
    inside.setPixelData(bytes(4), 3, 4, 1, 1)
    document = Document(Node("bottom"), inside, group)
    wrapper = wrap(document)
    asked = []
    children = Node.childNodes
    monkeypatch.setattr(Node, "childNodes", lambda node: asked.append(node) or children(node))
    keys = [node.uniqueId().toString() for node in children(document.rootNode())]
    for key in keys * 20:
        wrapper.layer_bounds(key)
    assert 4 == len(asked)
    key = inside.uniqueId().toString()
    document.rootNode()._children.remove(inside)
    group.addChildNode(inside, None)
    assert Rect(3, 4, 1, 1) == wrapper.layer_bounds(key)
    group._children.remove(inside)
    inside._parent = None
    assert wrapper.layer_bounds(key) is None


def test_group_keeps_a_recipe_for_each_layer(wrap):
    """Several pictures go into a group above the active layer, the first at the bottom, with their recipes."""
    document = Document(Node("bottom"), Node("top"))
    document.setActiveNode(document.rootNode().childNodes()[0])
    wrapper = wrap(document)
    new = [NewLayer(f"patch {number}", PATCH, number, 0, f'{{"seed": {number}}}') for number in (1, 2)]
    wrapper.when_free(lambda: wrapper.insert_group("both", new, above=""))
    assert ["bottom", "both", "top"] == names(document.rootNode())
    group = document.rootNode().childNodes()[1]
    assert ["patch 1", "patch 2"] == names(group)
    recipes = [wrapper.recipe_of(node.uniqueId().toString()) for node in group.childNodes()]
    assert ['{"seed": 1}', '{"seed": 2}'] == recipes
    assert "" == wrapper.recipe_of("{gone}")


def test_attachments_are_kept_by_name(wrap):
    """Bytes of any kind; the same name replaces; what was never kept is empty."""
    wrapper = wrap(Document(Node("painted")))
    for data in (b"first", bytes(range(256))):
        wrapper.keep_attachment("velatura-input-1", data)
    assert (bytes(range(256)), b"") == (wrapper.attachment("velatura-input-1"), wrapper.attachment("velatura-input-2"))


def test_layer_that_is_gone_is_not_read(wrap):
    """A sentence, rather than the pixels of another layer."""
    with pytest.raises(VelaturaError, match="not in the picture any more"):
        wrap(Document(Node("painted"))).read_layer(Rect(0, 0, 1, 1), "{gone}")


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


def test_a_call_that_turns_the_event_loop_is_ended_before_the_next(krita, failures):
    """Krita turns the loop while a document is read: what was delivered meanwhile comes after that, in order."""
    from velatura_krita.deliver import UiThread

    thread = UiThread(on_failure=failures.append)
    told = []

    def read() -> None:
        told.append("begins")
        thread.deliver(lambda: told.append("second"))
        thread.deliver(lambda: told.append("third"))
        Timer.turn()
        told.append("ends")

    thread.deliver(read)
    Timer.turn()

    assert ["begins", "ends", "second", "third"] == told
    assert [] == failures


def test_call_that_fails_does_not_stop_the_next(krita, failures):
    """Calls for the UI thread run in their order, also after one that fails, which is told."""
    from velatura_krita.deliver import UiThread

    done = []

    def fail():
        raise RuntimeError("broken")

    thread = UiThread(on_failure=failures.append)
    for call in (lambda: done.append(1), fail, lambda: done.append(2)):
        thread.deliver(call)
    assert [] == done
    Timer.turn()
    assert ([1, 2], ["broken"]) == (done, [str(failure) for failure in failures])


def test_nothing_runs_after_the_end(krita, failures):
    """Calls that are on their way, or come later, are dropped once Krita has said that it quits."""
    from velatura_krita.deliver import UiThread

    done = []
    thread = UiThread(on_failure=failures.append)
    thread.deliver(lambda: done.append("on its way"))
    thread.close()
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


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((), ""),
        (("a pier",), 'A finished picture is waiting: "a pier"'),
        (("<b>a\npier", "x"), 'A finished picture is waiting: "<b>a pier" (and 1 more)'),
        (("",), "A finished picture is waiting"),
    ],
)
def test_offer_names_the_oldest_picture(krita, monkeypatch, labels, expected):
    """Its prompt on one line, and how many more there are."""
    for name in ("QHBoxLayout", "QLabel", "QPushButton", "QVBoxLayout", "QWidget"):
        monkeypatch.setattr(krita.modules["velatura_krita.qt"], name, object, raising=False)
    from velatura_krita.waiting_row import offer_of

    assert expected == offer_of([WaitingResult(str(index), label) for index, label in enumerate(labels)])


def test_no_daemon_is_started_to_ask_for_earlier_results(krita, monkeypatch, tmp_path):
    """Without a connection file not even the connection's libraries are loaded."""
    from velatura_krita.plugin import Plugin

    monkeypatch.setenv("VELATURA_STATE", str(tmp_path))
    plugin = Plugin()
    monkeypatch.setattr(plugin, "_connected_actions", lambda **_named: pytest.fail("it connects"))
    told = []
    plugin.editor.failed.connect(lambda job, message: told.append((job, message)))
    plugin.on_view()
    Timer.turn()
    assert [] == told
    assert [] == list(tmp_path.iterdir())


def test_earlier_results_are_asked_for_without_launching(krita, monkeypatch, tmp_path):
    """A connection file whose daemon is dead: nothing is started and nobody reads an error; once per start of Krita."""
    from velatura_krita.plugin import Plugin

    dead = Connection("tcp://127.0.0.1:9", "k" * 40, "k" * 40, "k" * 40, 0, "s", 1, 0, "0")
    write_connection(dead, tmp_path)
    monkeypatch.setenv("VELATURA_STATE", str(tmp_path))
    plugin = Plugin()
    asked = []

    def connect(*, may_start):
        waiting = types.SimpleNamespace(look_once=lambda: asked.append(may_start))
        return types.SimpleNamespace(waiting=waiting)

    monkeypatch.setattr(plugin, "_connected_actions", connect)
    for _ in range(2):
        plugin.on_view()
        Timer.turn()
    assert [False] == asked
