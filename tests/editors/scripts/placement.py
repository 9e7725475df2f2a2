"""Where results arrive among the layers: two in a row, beneath others, in groups that hide or blend, on a new file."""

import zlib

from krita_driver.docker import Docker
from krita_driver.painting import add_layer, layer_names
from krita_driver.qt import QByteArray, QPushButton, Qt, QTest
from krita_driver.watching import Watcher

SELECTED = (40, 40, 60, 50)
#: Inside the selection, away from its edge.
INSIDE = (70, 65)


def main(driver):
    from velatura_client.choices import Choices
    from velatura_krita import plugin

    shared = plugin.instance()
    watcher = Watcher(shared.editor)
    shared.choices = Choices(prompt="one", seed=1)
    yield from two_in_a_row(driver, shared, watcher)
    yield from groups(driver, shared, watcher)
    yield from new_file(driver, shared, watcher)
    yield from local_selection(driver, shared, watcher)
    yield from make_map(driver, shared, watcher)
    yield from beyond_the_canvas(driver, shared, watcher)


def opened(driver, name, size=(160, 120)):
    document = driver.app.createDocument(*size, name, "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)
    driver.app.activeWindow().addView(document)
    yield 0.6
    return document


def select(driver, document, rect=SELECTED):
    from krita import Selection

    selection = Selection()
    selection.select(*rect, 255)
    document.setSelection(selection)
    yield 0.3


def begin(driver, shared, watcher, intent, prompt):
    """``yield from``: until it is in the document; returns what was told."""
    watcher.forget()
    shared.begin(intent, prompt)
    yield from driver.until(lambda: watcher.ends, 120, f"the end of {prompt}")
    yield 0.4
    return watcher.ends


def seen(document, place=INSIDE):
    """(red, green, blue) of the visible picture."""
    image = document.projection(*place, 1, 1)
    colour = image.pixelColor(0, 0)
    return [colour.red(), colour.green(), colour.blue()]


def canvas_read(document, name):
    """(blue, green, red, alpha) at ``INSIDE`` of what a layer was made from."""
    from velatura_client.recipe import kept_request
    from velatura_krita import annotations, layer_tree

    node = document.nodeByName(name)
    kept = kept_request(annotations.recipes(document)[layer_tree.key_of(node)])
    region, canvas = kept.request.region, kept.request.canvas
    from velatura_client.packing import unpack

    data = unpack(annotations.read(document, kept.inputs[canvas.blob]), canvas.byte_count)
    at = 4 * ((INSIDE[1] - region.y) * region.width + INSIDE[0] - region.x)
    return list(data[at : at + 4])


def two_in_a_row(driver, shared, watcher):
    """Twice the same selection, then another one, with the lowest layer active and paint above it."""
    document = yield from opened(driver, "twice", size=(400, 300))
    add_layer(document, "sky", (0, 0, 400, 300), lambda _x, _y: (200, 100, 50, 255))
    add_layer(document, "ink", (50, 50, 30, 30), lambda _x, _y: (10, 20, 30, 255))
    add_layer(document, "elsewhere", (350, 250, 20, 20), lambda _x, _y: (1, 2, 3, 255))
    yield 0.4
    document.setActiveNode(document.nodeByName("sky"))
    yield from select(driver, document)
    found = {}
    for prompt in ("first", "second"):
        yield from begin(driver, shared, watcher, "fill", prompt)
        found[prompt] = [layer_names(document), document.activeNode().name(), seen(document)]
    found["read by the second"] = canvas_read(document, "second")
    yield from select(driver, document, (45, 45, 60, 50))
    yield from begin(driver, shared, watcher, "fill", "third")
    found["read by the third"] = canvas_read(document, "third")
    # paint on the second: it is not only a result any more
    document.nodeByName("second").setPixelData(QByteArray(bytes((9, 8, 7, 255))), *INSIDE, 1, 1)
    document.nodeByName("third").setVisible(False)
    document.refreshProjection()
    yield 0.3
    yield from select(driver, document)
    yield from begin(driver, shared, watcher, "fill", "fourth")
    found["read by the fourth"] = canvas_read(document, "fourth")
    yield from driver.screenshot("two fills")
    driver.put("twice", found)
    driver.close(document)
    yield 0.3


def groups(driver, shared, watcher):
    """The active layer is in a group that is hidden, translucent or multiplies; or in an ordinary one."""
    found = {}
    for kind in ("hidden", "translucent", "multiply", "plain"):
        document = yield from opened(driver, kind)
        group = document.createGroupLayer("group")
        document.rootNode().addChildNode(group, None)
        layer = document.createNode("inner", "paintlayer")
        layer.setPixelData(QByteArray(bytes((0, 0, 255, 255)) * 100), 50, 50, 10, 10)
        group.addChildNode(layer, None)
        group.setVisible(kind != "hidden")
        group.setOpacity(128 if kind == "translucent" else 255)
        if kind == "multiply":
            group.setBlendingMode("multiply")
        document.refreshProjection()
        yield 0.4
        document.setActiveNode(document.nodeByName("inner"))
        yield from select(driver, document)
        yield from begin(driver, shared, watcher, "fill", kind)
        inside = [child.name() for child in document.nodeByName("group").childNodes()]
        found[kind] = [layer_names(document), inside, seen(document)]
        driver.close(document)
        yield 0.3
    driver.put("groups", found)


def new_file(driver, shared, watcher):
    """An empty layer is active: Generate, then strength 50 % and Refine."""
    document = yield from opened(driver, "new")
    empty = document.createNode("Paint Layer 1", "paintlayer")
    document.rootNode().addChildNode(empty, None)
    yield 0.3
    document.setActiveNode(document.nodeByName("Paint Layer 1"))
    yield 0.2
    docker = Docker(driver)
    docker.make_room()
    yield from begin(driver, shared, watcher, "generate", "made")
    shared.state.choose("strength", 0.5)
    yield from driver.until(lambda: docker.begin.text() != "Generate", 5, "another button")
    found = {"button": docker.begin.text()}
    yield from begin(driver, shared, watcher, "refine", "refined")
    yield from driver.screenshot("refine on a new file")
    found["layers"] = layer_names(document)
    found["read"] = canvas_read(document, "refined")
    document.setActiveNode(document.nodeByName("refined"))
    yield from driver.until(lambda: docker.begin.text() != found["button"], 5, "the button of a layer")
    found["button of a layer"] = docker.begin.text()
    shared.state.choose("strength", None)
    driver.put("new file", found)
    driver.close(document)
    yield 0.3


def local_selection(driver, shared, watcher):
    """A layer with a selection of its own: it counts like the one of the document."""
    from krita import Selection

    document = yield from opened(driver, "local")
    if not hasattr(document, "createSelectionMask"):
        driver.put("local", None)
        return
    layer = add_layer(document, "confined", (0, 0, 160, 120), lambda _x, _y: (200, 100, 50, 255))
    mask = document.createSelectionMask("only here")
    selection = Selection()
    selection.select(*SELECTED, 255)
    mask.setSelection(selection)
    layer.addChildNode(mask, None)
    yield 0.4
    document.setActiveNode(document.nodeByName("confined"))
    docker = Docker(driver)
    yield from driver.until(lambda: docker.begin.text() == "Fill Selection", 5, "the button")
    yield from begin(driver, shared, watcher, "fill", "inside")
    bounds = document.nodeByName("inside").bounds()
    driver.put("local", [bounds.x(), bounds.y(), bounds.width(), bounds.height()])
    driver.close(document)
    yield 0.3


def make_map(driver, shared, watcher):
    """A map stands hidden, and guides the next jobs; a second one does not trace the first."""
    document = yield from opened(driver, "map")
    add_layer(document, "paint", (20, 20, 100, 80), lambda x, y: (x * 2, y * 3, 90, 255))
    yield 0.3
    digests = []
    for _ in range(2):
        watcher.forget()
        shared.make_map("edges")
        yield from driver.until(lambda: watcher.ends, 120, "the map")
        yield 0.4
        node = [child for child in document.rootNode().childNodes() if "map" in child.name()][-1]
        digests.append(zlib.crc32(bytes(node.pixelData(0, 0, 160, 120))))
    from velatura_krita import layer_tree

    maps = [child for child in document.rootNode().childNodes() if "map" in child.name()]
    keys = [layer_tree.key_of(node) for node in maps]
    controls = [[control.kind, control.prepared, control.layer == keys[-1]] for control in shared.choices.controls]
    driver.put(
        "map", {"visible": [node.visible() for node in maps], "alike": len(set(digests)) == 1, "controls": controls}
    )
    driver.close(document)
    yield 0.3


def beyond_the_canvas(driver, shared, watcher):
    """Extend to the left and upwards, then enlarge the canvas by the panel's button, and take it back."""
    document = yield from opened(driver, "beyond")
    shared.state.choose("controls", ())
    yield from select(driver, document, (-40, -20, 80, 60))
    docker = Docker(driver)
    docker.make_room()
    yield from driver.until(lambda: docker.begin.text() == "Extend", 5, "the button")
    yield from begin(driver, shared, watcher, "extend", "more")
    button = docker.find(QPushButton, "velatura_enlarge_button")
    found = {"offered": button.isVisible(), "size": [document.width(), document.height()]}
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: document.width() != 160, 10, "the larger canvas")
    yield 0.4
    found["enlarged"] = [document.width(), document.height(), button.isVisible(), seen(document, (5, 5))]
    driver.app.action("edit_undo").trigger()
    yield 0.5
    found["undone"] = [document.width(), document.height(), "more" in layer_names(document)]
    driver.put("beyond", found)
    driver.close(document)
    yield 0.3
