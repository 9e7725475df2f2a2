"""What the docker offers of an earlier run: one picture is discarded, one inserted, and then nothing waits."""

from krita_driver.painting import layer_names, open_painting
from krita_driver.qt import QLabel, QPushButton, Qt, QTest
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")
    offer = docker.findChild(QLabel, "velatura_waiting")
    watcher = Watcher(plugin.instance().editor)
    driver.put("before", {"visible": offer.isVisible(), "text": offer.text()})
    document = yield from open_painting(driver, select=False)
    yield from driver.until(offer.isVisible, 30, "the offer")
    yield 0.3
    yield from driver.screenshot("offer")
    driver.put("offer", offer.text())
    before = layer_names(document)
    QTest.mouseClick(button(docker, "discard"), Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: "medlar" not in offer.text(), 30, "the next offer")
    driver.put("next offer", offer.text())
    QTest.mouseClick(button(docker, "insert"), Qt.MouseButton.LeftButton)
    yield from driver.until(lambda: watcher.ends, 30, "the layer")
    yield 0.5
    layer = document.nodeByName("a quince")
    bounds = layer.bounds()
    driver.put(
        "inserted",
        {
            "ends": watcher.ends,
            "before": before,
            "after": layer_names(document),
            "active": document.activeNode().name(),
            "bounds": [bounds.x(), bounds.y(), bounds.width(), bounds.height()],
            "offer visible": offer.isVisible(),
        },
    )
    watcher.forget()
    driver.app.action("velatura_insert_waiting").trigger()
    yield from driver.until(lambda: watcher.ends, 30, "the answer")
    driver.put("then", watcher.ends)


def button(docker, name):
    return docker.findChild(QPushButton, f"velatura_button_{name}_waiting")
