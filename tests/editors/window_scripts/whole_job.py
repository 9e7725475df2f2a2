"""A click on the big button, and the layer that the real daemon makes of it."""

import importlib
import os
from pathlib import Path

from fake_krita import Node
from fake_krita_window import Document, Selection, run

from velatura_krita.qt import BINDING, Qt

QTest = importlib.import_module(BINDING + ".QtTest").QTest


def main(driver):
    from velatura_krita import plugin

    values, editor = driver.values, plugin.instance().editor
    previews, ends = [], []
    editor.previewed.connect(lambda _job, image: previews.append((image.width(), image.height())))
    for signal in (editor.finished, editor.failed):
        signal.connect(lambda _job, text: ends.append(text))
    document = Document(Node("painted"))
    document.selected = Selection(10, 20, 30, 40)
    driver.application.open(document)
    driver.docker.canvasChanged(None)
    driver.find("velatura_docker_prompt").setPlainText("a red fox")
    QTest.mouseClick(driver.find("velatura_begin"), Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: previews, "a preview", timeout_s=60)
    yield 0.05
    driver.screenshot("running")
    values["over the canvas"] = colour_of(driver.application.window.canvas, 25, 40)
    plugin.instance().state.choose("preview_on_canvas", False)
    seen = len(previews)
    yield from driver.until(lambda: len(previews) > seen, "another preview")
    yield 0.05
    values["switched off"] = colour_of(driver.application.window.canvas, 25, 40)
    Path(os.environ["GATED_ENGINE_FILE"]).touch()
    yield from driver.until(lambda: ends, "the end of the job", timeout_s=60)
    yield 0.1
    values["ends"] = ends
    values["previews"] = sorted(set(previews))
    values["layers"] = names_of(document)
    data, left, top, width, _height = document.rootNode().childNodes()[-1].pixels
    for name, x, y in (("inside", 10, 20), ("outside", 9, 20)):
        begin = 4 * ((y - top) * width + x - left)
        values[name] = list(data[begin : begin + 4])
    values["afterwards"] = colour_of(driver.application.window.canvas, 25, 40)

    # a second one is only shown, until it is applied
    plugin.instance().state.choose("results", "show")
    QTest.mouseClick(driver.find("velatura_begin"), Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: len(ends) == 2, "the end of the second job", timeout_s=60)
    yield 0.05
    values["shown"] = colour_of(driver.application.window.canvas, 25, 40)
    values["before it is applied"] = names_of(document)
    driver.screenshot("shown")
    QTest.mouseClick(driver.find("velatura_apply"), Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: len(names_of(document)) == 3, "the second layer")
    yield 0.05
    values["history"] = len(editor.history)
    driver.screenshot("applied")


def names_of(document):
    return [layer.name() for layer in document.rootNode().childNodes()]


def colour_of(widget, x, y):
    """What is seen there: red, green, blue."""
    return list(widget.grab().toImage().pixelColor(x, y).getRgb()[:3])


run(main)
