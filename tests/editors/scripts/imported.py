"""A job with the plug-in that Krita's importer has installed."""

from krita_driver.docker import Docker
from krita_driver.painting import layer_names, open_painting
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    document = yield from open_painting(driver)
    docker = Docker(driver)
    docker.make_room()
    yield 0.3
    watcher = Watcher(plugin.instance().editor)
    plugin.instance().begin("fill", "a red apple")
    yield from driver.until(lambda: watcher.ends, 200, "the end of the job")
    yield 0.5
    driver.put("ends", watcher.ends)
    driver.put("status", docker.status.text())
    driver.put("layers", layer_names(document))
    driver.put("shortcut", driver.app.action("velatura_fill").shortcut().toString())
    yield from driver.screenshot("imported")
