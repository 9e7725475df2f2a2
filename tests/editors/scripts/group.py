"""Groups, recipes, attachments, layers of all sorts, and selections across the border, in one document and its file."""

import json

from krita import InfoObject, Selection
from krita_driver.painting import layer_names, undo_steps
from krita_driver.qt import QByteArray

RED, GREEN = (0, 0, 255, 255), (0, 255, 0, 255)


def main(driver):
    from velatura_client.editor import NewLayer
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.document import KritaDocument
    from velatura_protocol.images import Rect

    failures = []
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)
    document = driver.app.createDocument(64, 48, "group", "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().addView(document)
    yield 0.5
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    steps = undo_steps(driver)
    layers = [
        NewLayer("one", solid(RED), 2, 3, recipe(1, "velatura-input-old")),
        NewLayer("two", solid(GREEN), 6, 3, recipe(2, "velatura-input-old")),
    ]
    wrapper.when_free(lambda: wrapper.insert_group("results", layers, above=""))
    yield 0.5
    driver.put("steps", len(undo_steps(driver)[0]) - len(steps[0]))
    driver.put("active", document.activeNode().name())
    driver.put("layers", listing(wrapper))
    driver.put("seen", seen(wrapper))
    driver.put(
        "group", [list(wrapper.read_layer(Rect(x, 5, 1, 1), key_of(wrapper, "results")).data) for x in (0, 3, 7)]
    )
    driver.app.action("edit_undo").trigger()
    yield 0.4
    driver.put("undone", [layer_names(document), seen(wrapper)])
    driver.app.action("edit_redo").trigger()
    yield 0.4
    driver.put("redone", [listing(wrapper), seen(wrapper)])

    attached = bytes(range(256)) * 16384
    wrapper.keep_attachment("velatura-input-old", b"old")
    wrapper.keep_attachment("velatura-input-old", attached)
    document = yield from save_and_open_again(driver, document)
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    driver.put("reopened", [listing(wrapper), seen(wrapper)])
    driver.put("attached", [attached == wrapper.attachment("velatura-input-old"), len(wrapper.attachment("nothing"))])

    wrapper.keep_attachment("velatura-input-new", b"new")
    brief = recipe(3, "velatura-input-new")
    wrapper.when_free(lambda: wrapper.insert_layer(NewLayer("brief", solid(RED), 0, 0, brief), above=""))
    yield 0.5
    key = key_of(wrapper, "brief")
    document.setActiveNode(document.nodeByName("brief"))
    yield 0.3
    driver.app.action("remove_layer").trigger()
    yield 0.3
    driver.put("deleted", [listing(wrapper), wrapper.recipe_of(key) == brief])
    document = yield from save_and_open_again(driver, document)
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    kept = [len(wrapper.attachment(name)) for name in ("velatura-input-new", "velatura-input-old")]
    driver.put("forgotten", [wrapper.recipe_of(key), kept, document.modified(), listing(wrapper)])
    yield from sorts(driver, document, wrapper)
    yield from selections(driver, document, wrapper)
    driver.put("failures", [repr(failure) for failure in failures])


def recipe(seed, attachment):
    request = {"task": "img2img", "model": "m", "canvas_width": 64, "canvas_height": 48}
    request["region"] = {"x": 0, "y": 0, "width": 64, "height": 48}
    return json.dumps({"recipe": 1, "seed": seed, "request": request, "inputs": [attachment]}, sort_keys=True)


def save_and_open_again(driver, document):
    """``yield from``: what is read from the file."""
    path = str(driver.folder / "group.kra")
    document.saveAs(path)
    yield 0.5
    driver.close(document)
    yield 0.3
    document = driver.app.openDocument(path)
    document.setBatchmode(True)
    driver.app.activeWindow().addView(document)
    yield 0.5
    return document


def sorts(driver, document, wrapper):
    """What is read of layers of all sorts within the canvas and to the left of it."""
    from velatura_protocol.errors import VelaturaError
    from velatura_protocol.images import Rect

    root = document.rootNode()
    root.addChildNode(document.createFilterLayer("filter", driver.app.filter("invert"), Selection()), None)
    root.addChildNode(document.createFillLayer("fill", "color", InfoObject(), Selection()), None)
    vector = document.createVectorLayer("vector")
    root.addChildNode(vector, None)
    vector.addShapesFromSvg('<svg><rect x="0" y="0" width="9" height="9" fill="#ff0000"/></svg>')
    root.addChildNode(document.createCloneLayer("clone", document.nodeByName("two")), None)
    through = document.createGroupLayer("pass through")
    root.addChildNode(through, None)
    through.setPassThroughMode(True)
    hidden = document.createGroupLayer("hidden")
    root.addChildNode(hidden, None)
    hidden.setVisible(False)
    for parent, name, x in ((through, "in pass through", 0), (hidden, "in hidden", 0), (root, "off canvas", -10)):
        layer = document.createNode(name, "paintlayer")
        layer.setPixelData(QByteArray(bytes((90, 80, 70, 255)) * 100), x, 0, 10, 10)
        parent.addChildNode(layer, None)
    document.nodeByName("off canvas").setOpacity(100)
    yield 0.5
    driver.put("sorts", {name: [kind, depth] for name, kind, depth, _seed in listing(wrapper)})
    read = {}
    for layer in wrapper.layers():
        read[layer.name] = [list(wrapper.read_layer(Rect(x, 5, 1, 1), layer.key).data) for x in (7, -5)]
    driver.put("read", read)
    driver.put("beyond the canvas", list(wrapper.read_canvas(Rect(-2, -2, 2, 2)).data))
    try:
        wrapper.read_layer(Rect(0, 0, 1, 1), "{gone}")
    except VelaturaError as error:
        driver.put("gone", error.info.code)


def selections(driver, document, wrapper):
    """Two islands, one across the border."""
    selection = Selection()
    selection.select(-10, -10, 20, 20, 255)
    other = Selection()
    other.select(40, 20, 5, 5, 128)
    selection.add(other)
    document.setSelection(selection)
    yield 0.3
    bounds = wrapper.selection_bounds()
    mask = wrapper.read_mask(bounds)
    driver.put("bounds", [bounds.x, bounds.y, bounds.width, bounds.height])
    places = ((-10, -10), (9, 9), (10, 10), (42, 22))
    driver.put("mask", [mask.data[(y - bounds.y) * bounds.width + x - bounds.x] for x, y in places])


def solid(colour):
    from velatura_client.editor import Pixels

    return Pixels(bytes(colour) * 64, 8, 8, "BGRA")


def listing(wrapper):
    """Each layer with the seed of its recipe."""
    recipes = {layer.key: json.loads(wrapper.recipe_of(layer.key) or "{}") for layer in wrapper.layers()}
    return [[layer.name, layer.kind, layer.depth, recipes[layer.key].get("seed")] for layer in wrapper.layers()]


def key_of(wrapper, name):
    return next(layer.key for layer in wrapper.layers() if layer.name == name)


def seen(wrapper):
    from velatura_protocol.images import Rect

    return [list(wrapper.read_canvas(Rect(x, 5, 1, 1)).data) for x in (0, 3, 7, 12)]
