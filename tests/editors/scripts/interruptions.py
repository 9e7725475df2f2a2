"""What comes between a job's begin and its end: cancelling, a brush stroke, closing the document."""

import os
import subprocess
from pathlib import Path

from krita_driver.canvas import RELEASE, canvas_centre, stroke_command
from krita_driver.gaps import GapMeter
from krita_driver.painting import add_layer, layer_names, open_painting
from krita_driver.qt import QPlainTextEdit, QPoint, QPushButton, Qt, QTest, QToolButton, buttons_down
from krita_driver.watching import WAITS, Watcher


def main(driver):
    from velatura_krita import plugin

    gate = Path(os.environ["GATED_ENGINE_FILE"])
    document = yield from open_painting(driver)
    shared = plugin.instance()
    watcher = Watcher(shared.editor)
    yield from cancel_in_the_docker(driver, document, watcher)
    watcher.forget()
    yield from stroke_while_the_result_arrives(driver, document, watcher, gate)
    gate.unlink()
    watcher.forget()
    yield from switch_layers_while_the_job_runs(driver, document, watcher, gate)
    gate.unlink()
    watcher.forget()
    yield from close_while_the_job_runs(driver, document, watcher)


def cancel_in_the_docker(driver, document, watcher):
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")
    edit = docker.findChild(QPlainTextEdit, "velatura_docker_prompt")
    place = edit.mapToGlobal(QPoint(20, 20))
    yield from driver.shell("xdotool", "mousemove", str(place.x()), str(place.y()), "click", "1", "key", "ctrl+a")
    yield from driver.shell("xdotool", "type", "--delay", "20", "a pear")
    yield from driver.until(lambda: edit.toPlainText() == "a pear", 5, "the typed prompt")
    button = docker.findChild(QToolButton, "velatura_begin")
    yield from driver.until(lambda: button.text() == "Fill Selection", 5, "what the button does")
    place = button.mapToGlobal(QPoint(button.width() // 2, button.height() // 2))
    yield from driver.shell("xdotool", "mousemove", str(place.x()), str(place.y()), "click", "1")
    yield from watcher.until_painting(driver, previews=3)
    yield from driver.screenshot("running")
    QTest.mouseClick(docker.findChild(QPushButton, "velatura_cancel_button"), Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: watcher.ends, 10, "the end of the cancelled job")
    yield 0.3
    driver.put("cancelled", {"ends": watcher.ends, "layers": layer_names(document)})


def stroke_while_the_result_arrives(driver, document, watcher, gate):
    document.setSelection(None)
    blank = add_layer(document, "strokes", (0, 0, 1, 1), lambda _x, _y: (0, 0, 0, 0))
    yield 0.3
    document.setActiveNode(blank)
    driver.app.action("KritaShape/KisToolBrush").trigger()
    driver.app.activeWindow().activeView().setBrushSize(8.0)
    yield 0.3
    centre = canvas_centre(driver.app.activeWindow())
    process = subprocess.Popen(stroke_command(centre + QPoint(-180, -60)))
    while process.poll() is None:
        yield 0.02
    yield 0.5
    driver.put("stroke alone", paint_below(blank, 0))
    height = blank.bounds().y() + blank.bounds().height()
    from velatura_krita import plugin

    plugin.instance().begin("generate", "a plum")
    yield from watcher.until_painting(driver)
    gaps = GapMeter()
    before = layer_names(document)
    process = subprocess.Popen(stroke_command(centre + QPoint(-180, 60), releases=False))
    yield from driver.until(buttons_down, 5, "the button")
    gate.touch()
    yield from driver.until(lambda: watcher.shown[-1] == WAITS or watcher.ends, 30, "the result")
    while process.poll() is None:
        yield 0.01
    button = buttons_down()
    found = {"button at the result": button, "before": before, "during": layer_names(document)}
    yield from driver.shell(*RELEASE)
    yield from driver.until(lambda: len(layer_names(document)) > len(before), 10, "the layer")
    yield 0.5
    found["after"], found["active"] = layer_names(document), document.activeNode().name()
    found["ends"] = watcher.ends
    driver.put("stroke", found)
    driver.put("stroke with result", paint_below(blank, height))
    driver.put("largest gap in ms", gaps.stop())


def paint_below(layer, top):
    """Painted pixels of the layer from row ``top`` on: width of their bounds, rows, count."""
    bounds = layer.bounds()
    width, rows = bounds.width(), bounds.y() + bounds.height() - top
    alpha = bytes(layer.pixelData(bounds.x(), top, width, rows))[3::4]
    painted = [(index % width, index // width) for index, value in enumerate(alpha) if value]
    columns = [x for x, _ in painted]
    return [max(columns) - min(columns) + 1, len({y for _, y in painted}), len(painted)]


def switch_layers_while_the_job_runs(driver, document, watcher, gate):
    from velatura_krita import plugin

    document.setActiveNode(document.nodeByName("sky"))
    yield 0.3
    before = layer_names(document)
    plugin.instance().begin("generate", "a sloe")
    yield from watcher.until_painting(driver)
    document.setActiveNode(document.nodeByName("ink"))
    yield 0.3
    gate.touch()
    yield from driver.until(lambda: watcher.ends, 30, "the end of the job")
    yield 0.5
    active = document.activeNode().name()
    driver.put("switched", {"before": before, "after": layer_names(document), "active": active})


def close_while_the_job_runs(driver, document, watcher):
    from velatura_krita import plugin

    other = driver.app.createDocument(256, 256, "other", "RGBA", "U8", "", 72.0)
    other.setBatchmode(True)
    driver.app.activeWindow().addView(other)
    driver.app.setActiveDocument(other)
    yield 0.5
    before = layer_names(document)
    plugin.instance().begin("generate", "a fig")
    yield from watcher.until_painting(driver)
    driver.close(other)
    yield from driver.until(lambda: watcher.ends, 30, "the end of the job")
    yield 0.3
    after = layer_names(document)
    driver.put("closed", {"ends": watcher.ends, "before": before, "after": after})
