"""The history of two pictures: shown first, applied, undone, redone, deleted, saved, closed and opened again."""

import os
from pathlib import Path

from krita_driver.docker import Docker
from krita_driver.history import apply, is_written, layer_pixels, open_file, settle, show_document
from krita_driver.painting import layer_names, open_painting, undo_steps
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    gate = Path(os.environ["GATED_ENGINE_FILE"])
    gate.touch()
    shared = plugin.instance()
    docker, watcher = Docker(driver), Watcher(shared.editor)
    other = yield from open_painting(driver, select=False)
    document = yield from open_painting(driver, select=False)
    docker.make_room()
    path = str(gate.parent / "kept.kra")
    document.saveAs(path)
    yield from settle(document)
    shared.state.choose("count", 3)
    yield from results_of_a_clean_document(driver, shared, docker, watcher, document)
    yield from switch(driver, docker, document, other)
    yield from undo_and_redo(driver, docker, watcher, document)
    document.save()
    yield from settle(document)
    yield from close_and_open(driver, docker, watcher, document, path)


def results_of_a_clean_document(driver, shared, docker, watcher, document):
    """Three pictures that are only shown: the index is written, and the document stays without changes and steps."""
    before = undo_steps(driver)[0]
    shared.begin("refine", "a red fox on a wall")
    yield from driver.until(lambda: watcher.ends, 60, "the pictures")
    yield from driver.until(lambda: is_written(document), 10, "the index")
    yield 1.0
    driver.put(
        "clean",
        {
            "modified": document.modified(),
            "steps": len(undo_steps(driver)[0]) - len(before),
            "kept": sorted(name.rstrip("0123456789abcdef") for name in document.annotationTypes()),
            "history": docker.history_size(),
            "headings": docker.headings(),
            "shown": docker.results.shown == docker.keys()[0],
        },
    )
    yield from driver.screenshot("history by jobs")
    watcher.forget()


def switch(driver, docker, document, other):
    """The other picture has no history; coming back shows the first one's, with what lay over the canvas."""
    seen = []
    for wanted in (other, document):
        yield from show_document(driver, wanted)
        yield 0.6
        seen.append([len(docker.items()), docker.history.isVisible(), bool(docker.results.shown)])
    driver.put("switched", seen)


def undo_and_redo(driver, docker, watcher, document):
    before = layer_names(document)
    yield from apply(driver, docker, watcher, 0)
    seen = [docker.items()[0].is_applied]
    node = next(node for node in document.rootNode().childNodes() if node.name() not in before)

    def look(deed):
        deed()
        yield from settle(document)
        yield 0.7
        seen.append(docker.items()[0].is_applied)

    action = driver.app.action
    yield from look(action("edit_undo").trigger)
    yield from look(action("edit_redo").trigger)
    yield from look(node.remove)
    yield from look(action("edit_undo").trigger)
    driver.put("applied, undo, redo, deleted, undo", seen)
    yield from driver.screenshot("applied")


def close_and_open(driver, docker, watcher, document, path):
    """Opened again in the same run: the list is there, the pixels of an undecided picture come from the daemon."""
    before = [(item.key, item.is_applied) for item in docker.items()]
    driver.close(document)
    yield 0.7
    found = {"closed": docker.history_size()}
    opened = yield from open_file(driver, path)
    yield 0.7
    found["same"] = before == [(item.key, item.is_applied) for item in docker.items()]
    found["modified"] = opened.modified()
    yield from docker.click_thumbnail(1)
    yield from driver.until(lambda: docker.results.shown == docker.keys()[1], 20, "the picture from the daemon")
    docker.results.hide()
    yield from apply(driver, docker, watcher, 1)
    one, two = (layer_pixels(opened, docker.items()[number]) for number in (0, 1))
    found["pixels"] = len(one) > 0 and one == two
    driver.put("opened again", found)
    opened.save()
    yield from settle(opened)
