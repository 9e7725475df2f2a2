"""What the plug-in says when it cannot do what was asked: without docker, in a message; with it, there."""

from krita_driver.painting import layer_names, open_painting, save_pixels
from krita_driver.qt import QApplication, QLabel
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")
    docker.hide()
    if driver.app.action("velatura_fill").isEnabled():
        driver.app.action("velatura_fill").trigger()
    else:  # Krita 6 greys the entry out until there is a picture; a script may still begin
        plugin.instance().begin("fill", "a fox")
    yield from dismiss(driver, "no picture")

    document = yield from open_painting(driver, select=False)
    docker.hide()  # Krita 5.2 shows it again with the first picture
    save_pixels(driver, document, "before")
    driver.app.action("velatura_fill").trigger()
    yield from dismiss(driver, "no selection")

    watcher = Watcher(plugin.instance().editor)
    plugin.instance().begin("generate", "a fox")
    yield from driver.until(lambda: watcher.ends, 90, "the error")
    yield from dismiss(driver, "no daemon")

    docker.show()
    docker.raise_()
    watcher.forget()
    plugin.instance().begin("generate", "a fox")
    yield from driver.until(lambda: watcher.ends, 90, "the error")
    yield 0.3
    driver.put("in the docker", docker.findChild(QLabel, "velatura_status").text())
    driver.put("modal with docker", QApplication.activeModalWidget() is not None)
    yield from driver.screenshot("error")
    driver.put("layers", layer_names(document))
    save_pixels(driver, document, "after")


def dismiss(driver, name):
    """Note the text of the message box and close it."""
    yield from driver.until(lambda: QApplication.activeModalWidget() is not None, 5, "the message")
    box = QApplication.activeModalWidget()
    yield 0.2
    driver.put(name, [box.objectName(), box.text()])
    box.accept()
    yield from driver.until(lambda: QApplication.activeModalWidget() is None, 5, "the end of the message")
