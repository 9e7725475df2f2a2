"""The whole picture is scaled, cropped, turned ... while a job runs, and before a layer is made again."""

import os
from pathlib import Path

from krita_driver.painting import add_layer, layer_names
from krita_driver.watching import Watcher

#: x, y, width, height.
SELECTED = (60, 90, 64, 48)
SIZE = (320, 240)


def main(driver):
    from velatura_client.choices import Choices
    from velatura_krita import plugin

    shared = plugin.instance()
    watcher = Watcher(shared.editor)
    shared.choices = Choices(prompt="one", seed=1)
    gate = Path(os.environ["GATED_ENGINE_FILE"])
    action = driver.app.action
    changes = {
        "nothing": lambda _document: None,
        "scale": lambda document: document.scaleImage(640, 480, 72, 72, "Bicubic"),
        "half": lambda document: document.scaleImage(160, 120, 72, 72, "Bicubic"),
        "crop": lambda document: document.crop(40, 60, 200, 120),
        "enlarge": lambda document: document.resizeImage(-30, -20, 400, 300),
        "mirror": lambda _document: action("mirrorImageHorizontal").trigger(),
        "flip": lambda _document: action("mirrorImageVertical").trigger(),
        "right": lambda _document: action("rotateImageCW90").trigger(),
        "left": lambda _document: action("rotateImageCCW90").trigger(),
        "half turn": lambda _document: action("rotateImage180").trigger(),
        "flatten": lambda document: document.flatten(),
        "crop to nothing": lambda document: document.crop(200, 200, 100, 30),
    }
    found = {}
    for name, change in changes.items():
        found[name] = yield from while_it_runs(driver, shared, watcher, gate, name, change)
    driver.put("while it runs", found)
    gate.touch()
    found = {}
    for name, change in changes.items():
        if name not in ("flatten", "crop to nothing"):
            found[name] = yield from before_it_is_made_again(driver, shared, watcher, name, change)
    driver.put("made again", found)
    yield from flattened_and_undone(driver, shared, watcher)


def opened(driver, name):
    """A ground, a layer with colours everywhere, a thing that is not in the middle, and a selection."""
    from krita import Selection

    document = driver.app.createDocument(*SIZE, name, "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)
    driver.app.activeWindow().addView(document)
    yield 0.4
    add_layer(
        document, "scene", (0, 0, *SIZE), lambda x, y: (x * 255 // 320, y, (x // 20 * 37 + y // 15 * 11) % 256, 255)
    )
    add_layer(document, "thing", (200, 30, 50, 30), lambda _x, _y: (0, 0, 255, 255))
    yield 0.4
    document.setActiveNode(document.nodeByName("scene"))
    selection = Selection()
    selection.select(*SELECTED, 255)
    document.setSelection(selection)
    yield 0.3
    return document


def bounds(document, name):
    node = document.nodeByName(name)
    if node is None:
        return None
    rect = node.bounds()
    return [rect.x(), rect.y(), rect.width(), rect.height()]


def while_it_runs(driver, shared, watcher, gate, name, change):
    """The layer's bounds, or what was told."""
    document = yield from opened(driver, name)
    watcher.forget()
    shared.begin("fill", name)
    yield from watcher.until_painting(driver)
    change(document)
    yield 0.6
    gate.touch()
    yield from driver.until(lambda: watcher.ends, 60, f"the end of {name}")
    yield 0.4
    gate.unlink()
    found = [
        bounds(document, name),
        watcher.ends[-1][0],
        [document.width(), document.height()],
        len(shared.editor.waiting),
    ]
    for waiting in shared.editor.waiting:
        shared.discard_waiting(waiting.job)
    driver.close(document)
    yield 0.3
    return found


def before_it_is_made_again(driver, shared, watcher, name, change):
    """Bounds of the layer and of the one that was made again from it."""
    document = yield from opened(driver, name)
    watcher.forget()
    shared.begin("fill", "first")
    yield from driver.until(lambda: watcher.ends, 60, "the first")
    yield 0.4
    change(document)
    yield 0.6
    document.setActiveNode(document.nodeByName("first"))
    yield 0.3
    before = bounds(document, "first")
    watcher.forget()
    shared.begin_job(lambda actions: actions.again_from_layer())
    yield from driver.until(lambda: watcher.ends, 60, f"again after {name}")
    yield 0.4
    newest = [node for node in document.rootNode().childNodes() if node.name() == "first"][-1]
    rect = newest.bounds()
    driver.close(document)
    yield 0.3
    return [before, [rect.x(), rect.y(), rect.width(), rect.height()], watcher.ends[-1][0]]


def flattened_and_undone(driver, shared, watcher):
    """Recipes stay while undo can bring their layers back, whatever is opened and closed meanwhile."""
    from velatura_krita import annotations

    document = yield from opened(driver, "kept")
    watcher.forget()
    shared.begin("fill", "kept layer")
    yield from driver.until(lambda: watcher.ends, 60, "the layer")
    yield 0.4
    names, recipes = layer_names(document), len(annotations.recipes(document))
    shown = [item.is_applied for item in shared.editor.history]
    driver.app.action("flatten_image").trigger()
    yield 0.6
    other = yield from opened(driver, "other")
    yield 0.5
    driver.close(other)
    yield 0.5
    flat = layer_names(document)
    history = len(shared.editor.history)
    driver.app.action("edit_undo").trigger()
    yield 0.6
    driver.put(
        "flattened",
        {
            "flat": len(flat),
            "undone": layer_names(document) == names,
            "recipes": len(annotations.recipes(document)) == recipes == 1,
            "history": [shown, history],
        },
    )
    driver.close(document)
    yield 0.3
