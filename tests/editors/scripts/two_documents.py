"""Two pictures with a job each, a daemon that is killed, a picture extended beyond its canvas, saved and opened."""

import os
import signal
from pathlib import Path

from krita import Selection
from krita_driver.painting import layer_names, open_painting
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    shared = plugin.instance()
    gate = Path(os.environ["GATED_ENGINE_FILE"])
    watcher = Watcher(shared.editor)
    first = yield from open_painting(driver, select=False)
    second = yield from open_painting(driver, select=False)
    yield from a_job_for_each(driver, shared, watcher, gate, (first, second))
    yield from kill_the_daemon(driver, shared, watcher, gate, second)
    yield from extend(driver, shared, watcher, second)
    yield from save_and_open_again(driver, watcher, second)


def show(driver, document):
    """``yield from``: make it the active picture."""
    window = driver.app.activeWindow()
    view = next(view for view in window.views() if view.document() == document)
    window.showView(view)
    view.setVisible()
    yield from driver.until(lambda: driver.app.activeDocument() == document, 5, "the other picture")


def a_job_for_each(driver, shared, watcher, gate, documents):
    for document, prompt in zip(documents, ("a plum", "a quince"), strict=True):
        yield from show(driver, document)
        shared.begin("generate", prompt)
        yield 0.3
    yield from driver.until(lambda: "Painting" in shared.editor.queue[0].text, 60, "painting")
    driver.put("queue", [job.label for job in shared.editor.queue])
    gate.touch()
    yield from driver.until(lambda: len(watcher.ends) == 2, 60, "both layers")
    yield 0.5
    driver.put("each", [sorted({"a plum", "a quince"} & set(layer_names(document))) for document in documents])
    gate.unlink()
    watcher.forget()


def kill_the_daemon(driver, shared, watcher, gate, document):
    from velatura_protocol.connection import read_connection

    shared.begin("generate", "a sloe")
    yield from watcher.until_painting(driver)
    os.kill(read_connection().pid, signal.SIGKILL)
    yield from driver.until(lambda: any("daemon has ended" in text for text in watcher.shown), 30, "the sentence")
    yield from driver.screenshot("daemon killed")
    yield from watcher.until_painting(driver)
    gate.touch()  # and from now on results come at once
    yield from driver.until(lambda: watcher.ends, 60, "the layer")
    yield 0.5
    driver.put("after the daemon's end", {"ends": watcher.ends, "layers": layer_names(document)})
    watcher.forget()


def extend(driver, shared, watcher, document):
    selection = Selection()
    selection.select(-40, 100, 90, 60, 255)
    document.setSelection(selection)
    yield 0.3
    shared.begin(shared.likely().name, "a meadow")
    yield from driver.until(lambda: watcher.ends, 60, "the extended picture")
    yield 0.5
    layer = document.nodeByName("a meadow")
    bounds = layer.bounds()
    driver.put("extended", [bounds.x(), bounds.y(), bounds.width(), bounds.height()])
    driver.put("extending told", watcher.ends)
    document.setSelection(None)
    watcher.forget()


def save_and_open_again(driver, watcher, document):
    path = str(driver.folder / "kept.kra")
    document.saveAs(path)
    document.waitForDone()
    yield 0.5
    opened = driver.app.openDocument(path)
    opened.setBatchmode(True)
    driver.app.activeWindow().addView(opened)
    yield 0.5
    yield from show(driver, opened)
    layer = opened.nodeByName("a meadow")
    opened.setActiveNode(layer)
    yield 0.3
    before = {node.uniqueId().toString() for node in opened.rootNode().childNodes()}
    driver.app.action("velatura_again_from_layer").trigger()
    yield from driver.until(lambda: watcher.ends, 60, "the same layer again")
    yield 0.5
    place = (-60, 0, opened.width() + 60, opened.height())
    new = [node for node in opened.rootNode().childNodes() if node.uniqueId().toString() not in before]
    same = [bytes(node.pixelData(*place)) == bytes(layer.pixelData(*place)) for node in new]
    driver.put("opened again", {"ends": watcher.ends, "same": same})
