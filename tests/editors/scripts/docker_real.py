"""The docker with the model in the package: several pictures, a control map made of the picture and used."""

from krita_driver.docker import Docker
from krita_driver.painting import layer_names, open_painting
from krita_driver.qt import QApplication, QSpinBox
from krita_driver.watching import Watcher

PROMPT = "a red apple"


def main(driver):
    from velatura_krita import plugin

    shared = plugin.instance()
    docker = Docker(driver)
    document = yield from open_painting(driver)
    docker.make_room()
    yield 0.5
    watcher = Watcher(shared.editor)
    shared.state.choose("results", "insert")
    docker.prompt.setPlainText(PROMPT)
    shared.start_engine()
    yield from driver.until(lambda: watcher.ends, 60, "the catalogue")
    watcher.forget()
    yield 0.3
    docker.find(QSpinBox, within="velatura_field_count").setValue(4)
    yield from docker.click(docker.begin)
    yield from watcher.until_painting(driver, previews=1)
    yield from driver.until(lambda: watcher.previews > 6 or watcher.ends, 60, "a picture that can be recognised")
    yield from driver.screenshot("real running")
    yield from driver.until(lambda: watcher.ends, 200, "the layers")
    yield 0.5
    driver.put("four", {"ends": list(watcher.ends), "layers": layer_names(document), "history": docker.history_size()})
    document.setSelection(None)
    yield from make_and_use_a_map(driver, docker, watcher, document, shared)
    yield from save_and_make_again(driver, docker, watcher, document)


def make_and_use_a_map(driver, docker, watcher, document, shared):
    watcher.forget()
    before = layer_names(document)
    driver.app.action("velatura_make_map").trigger()
    yield from driver.until(lambda: QApplication.activePopupWidget() is not None, 10, "the kinds")
    menu = QApplication.activePopupWidget()
    kinds = {action.text(): action for action in menu.actions()}
    kinds["Edges"].trigger()
    menu.close()
    yield from driver.until(lambda: watcher.ends, 60, "the map")
    yield 0.5
    name = next(iter(set(layer_names(document)) - set(before)))
    layer = document.nodeByName(name)
    alpha = bytes(layer.pixelData(0, 0, document.width(), document.height()))[3::4]
    driver.put(
        "map", {"name": name, "least alpha": min(alpha), "ends": list(watcher.ends), "history": docker.history_size()}
    )
    driver.put("control of the map", as_list(docker.controls()[0], layer))
    shared.state.choose("controls", ())
    document.setActiveNode(layer)
    yield 0.3
    docker.unfold("controls")
    docker.use_layer.menu().actions()[list(kinds).index("Edges")].trigger()
    docker.spin("controls.weight").setValue(0.8)
    docker.find(QSpinBox, within="velatura_field_count").setValue(1)
    yield 0.5
    driver.put("control", as_list(docker.controls()[0], layer))
    driver.put("weight", docker.controls()[0].weight)
    yield from driver.screenshot("real controls")
    layer.setVisible(False)
    document.refreshProjection()
    watcher.forget()
    yield from docker.click(docker.begin)
    yield from driver.until(lambda: watcher.ends, 200, "the picture that follows the map")
    yield 0.5
    docker.unfold("controls")
    yield 0.3
    yield from docker.click_thumbnail(2)
    yield 0.7
    yield from driver.screenshot("real history")
    driver.put("guided", [kind for kind, _ in watcher.ends])


def as_list(control, layer):
    return [control.kind, control.source, control.layer == layer.uniqueId().toString(), control.prepared]


def save_and_make_again(driver, docker, watcher, document):
    """By the menu alone: the newest layer as a file, and then once more."""
    layer = document.activeNode()
    above = document.rootNode().childNodes()
    layer = above[above.index(layer) + 1]
    document.setActiveNode(layer)
    yield 0.3
    driver.app.action("velatura_export_layer").trigger()
    yield from save_as(driver, "layer.png")
    docker.results.do("save", docker.keys()[0], driver.app.activeWindow().qwindow())
    yield from save_as(driver, "result.png")
    watcher.forget()
    before = {node.uniqueId().toString() for node in above}
    driver.app.action("velatura_again_from_layer").trigger()
    yield from driver.until(lambda: watcher.ends, 200, "the same picture")
    yield 0.5
    new = [node for node in document.rootNode().childNodes() if node.uniqueId().toString() not in before]
    whole = (0, 0, document.width(), document.height())
    same = [bytes(node.pixelData(*whole)) == bytes(layer.pixelData(*whole)) for node in new]
    driver.put("again from the layer", {"name": layer.name(), "ends": watcher.ends, "same pixels": same})


def save_as(driver, name):
    """Answer the dialog for the file."""
    yield from driver.until(lambda: QApplication.activeModalWidget() is not None, 10, "the dialog")
    dialog = QApplication.activeModalWidget()
    dialog.setDirectory(str(driver.folder))
    dialog.selectFile(name)
    yield 0.3
    dialog.accept()
    yield from driver.until((driver.folder / name).exists, 10, "the file")
    yield from driver.until(lambda: QApplication.activeModalWidget() is None, 10, "the end of the dialog")
