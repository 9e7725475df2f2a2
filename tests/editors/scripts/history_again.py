"""The next start of Krita: the history of a file that is opened, applied, made again, and its daemon's jobs."""

import os
from pathlib import Path

from krita_driver.docker import Docker
from krita_driver.history import apply, layer_pixels, open_file, settle
from krita_driver.qt import QLabel
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    shared = plugin.instance()
    docker, watcher = Docker(driver), Watcher(shared.editor)
    path = str(Path(os.environ["GATED_ENGINE_FILE"]).parent / "kept.kra")
    driver.put("before", docker.history_size() if docker.widget.isVisible() else 0)
    document = yield from open_file(driver, path)
    docker.make_room()
    yield from driver.until(lambda: len(docker.items()) == 3, 20, "the history")
    yield 2.0  # the daemon is asked for results that wait
    found = {
        "applied": [item.is_applied for item in docker.items()],
        "headings": docker.headings(),
        "modified": document.modified(),
        "offer visible": docker.find(QLabel, "velatura_waiting").isVisible(),
    }
    yield from driver.screenshot("after a restart")
    first = layer_pixels(document, docker.items()[0])
    yield from apply(driver, docker, watcher, 2)
    found["from the daemon"] = len(first) > 0 and first == layer_pixels(document, docker.items()[2])
    yield from apply(driver, docker, watcher, 0)
    found["layers"] = len(document.rootNode().childNodes())
    driver.put("opened", found)
    yield from lose_one(driver, docker, watcher, document)


def lose_one(driver, docker, watcher, document):
    """Its layers are deleted, saved and opened again: the list says so, and the same picture is made again."""
    from velatura_client.history_store import read_index

    kept = read_index(bytes(document.annotation("velatura-history"))).jobs[0].pictures[0].layers
    for node in list(document.rootNode().childNodes()):
        if node.uniqueId().toString() in kept:
            pixels = bytes(node.pixelData(0, 0, document.width(), document.height()))
            node.remove()
    yield from settle(document)
    path = document.fileName()
    document.save()
    yield from settle(document)
    driver.close(document)
    yield 0.7
    document = yield from open_file(driver, path)
    yield from driver.until(lambda: len(docker.items()) == 3, 20, "the history")
    yield 0.7
    item = docker.items()[0]
    found = {"lost": [item.is_lost, item.can_be_made_again]}
    watcher.forget()
    yield from docker.click_thumbnail(0)
    yield from driver.until(lambda: watcher.ends, 10, "the sentence")
    found["told"] = watcher.ends[-1][1]
    yield from driver.screenshot("lost")
    watcher.forget()
    docker.results.do("make_again", item.key, None)
    yield from driver.until(lambda: watcher.ends, 60, "the same picture")
    yield 0.7
    newest = docker.items()[0]
    found["seed"] = newest.seed == item.seed
    found["same pixels"] = pixels == layer_pixels(document, newest)
    found["history"] = docker.history_size()
    driver.put("lost", found)
