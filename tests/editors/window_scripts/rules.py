"""What the docker does in small: layers of a new control, discarding, previews, headings, and what was kept of old."""

import json

from fake_krita import Node
from fake_krita_window import Document, run

from velatura_client.choices import ControlChoice
from velatura_client.editor import HistoryItem, Pixels
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_krita.qt import QApplication, QComboBox, QDialogButtonBox, QLabel, QWidget
from velatura_protocol.images import Rect

PICTURE = Pixels(bytes(range(256)) * 16, 32, 32, "BGRA")
PREVIEW = Pixels(bytes(8 * 8 * 3), 8, 8, "RGB")


def main(driver):
    from velatura_krita import plugin

    shared = plugin.instance()
    shared.use = lambda *_anything: True  # nothing here may look for a daemon
    first, second = Document(Node("sky"), Node("boat")), Document(Node("street"))
    for document in (first, second):
        driver.application.open(document)
    shared.state.learn(build_catalogue(ModelLibrary(())))
    yield 0.05
    yield from controls_follow(driver, shared, second)
    discard(driver, shared)
    yield from previews(driver, shared, second)
    driver.values["headings"] = headings(driver)
    driver.values["dialog"] = yield from dialog(driver, shared)
    driver.values["kept"] = kept(driver)


def controls_follow(driver, shared, document):
    """From the menu, and for a layer that the docker has not seen yet; what the box shows at once."""
    driver.find("velatura_fold_controls").click()
    found = []
    shared.use_layer("edges")
    found.append(box(driver).currentText())
    new = Node("edges map")
    document.rootNode().addChildNode(new, None)
    control = ControlChoice("edges", "layer", new.uniqueId().toString(), prepared=True)
    shared.state.choose("controls", (control,))
    found.append(box(driver).currentText())
    shared.state.choose("controls", ())
    shared.state.choose("controls", (ControlChoice("edges"),))
    found.append([box(driver).itemText(index) for index in range(box(driver).count())])
    yield 0.05
    driver.values["layers of controls"] = found
    shared.state.choose("controls", ())


def box(driver):
    """Where a control's layer is chosen."""
    row = driver.find("velatura_control")
    return row.findChildren(QComboBox)[1]


def discard(driver, shared):
    said = []
    shared.editor.failed.connect(lambda _job, text: said.append(text))
    deleted = []
    shared.use = lambda _call: deleted.append(shared.results.shown) or True
    items = tuple(HistoryItem(str(key), "j", f"fox {key}", key, PICTURE, is_applied=True) for key in (1, 2, 3))
    shared.editor.show_history(items)
    shared.results.delete()
    driver.values["discard with nothing shown"] = [deleted[:], said[:]]
    shared.results.shown = "2"
    deleted.clear()
    shared.results.delete()
    driver.values["discard what is shown"] = len(deleted) > 0


def previews(driver, shared, active):
    """(seen in the docker, seen over the canvas) for the active picture and for another, and how far things moved."""
    from velatura_krita.document import KritaDocument

    editor, found = shared.editor, {}
    begin, strength = driver.find("velatura_begin"), driver.find("velatura_field_strength")
    other = driver.application.opened[0]
    editor.show_finished("", "")  # the last sentence has two lines
    for name, document, on_canvas in (("active", active, True), ("another", other, True), ("off", active, False)):
        shared.state.choose("preview_on_canvas", on_canvas)
        yield 0.05
        before = [widget.mapTo(driver.docker, widget.rect().topLeft()).y() for widget in (begin, strength)]
        editor.show_preview(name, KritaDocument(document, shared._guard), PREVIEW, Rect(0, 0, 32, 32))
        yield 0.05
        after = [widget.mapTo(driver.docker, widget.rect().topLeft()).y() for widget in (begin, strength)]
        found[name] = [driver.find("velatura_preview").isVisible(), before == after]
        editor.show_finished(name, "")
        yield 0.05
        ended = [widget.mapTo(driver.docker, widget.rect().topLeft()).y() for widget in (begin, strength)]
        found[name].append(before == ended)
    shared.state.choose("preview_on_canvas", True)
    driver.values["previews"] = found


def headings(driver):
    """Each heading of the fold-out with the fields that stand under it, as they are placed."""
    driver.find("velatura_fold_more").click()
    QApplication.processEvents()
    body = driver.find("velatura_fold_more").parentWidget()
    parts = []
    for widget in body.findChildren(QWidget):
        if widget.objectName() == "velatura_heading" or widget.objectName().startswith("velatura_field_"):
            parts.append((widget.mapTo(body, widget.rect().topLeft()).y(), widget))
    groups = {}
    heading = ""
    for _y, widget in sorted(parts, key=lambda part: part[0]):
        if isinstance(widget, QLabel):
            heading = widget.text()
            assert heading not in groups, f"{heading} stands there twice"
            groups[heading] = []
        else:
            groups[heading].append(widget.field.label)
    return groups


def dialog(driver, shared):
    """What its two buttons say."""
    driver.application.window.actions["velatura_generate"].trigger()
    yield 0.05
    shown = next(window for window in QApplication.topLevelWidgets() if window.objectName() == "velatura_prompt_dialog")
    buttons = shown.findChild(QDialogButtonBox).buttons()
    texts = sorted(button.text() for button in buttons)
    shown.close()
    yield 0.05
    return texts


def kept(driver):
    """What becomes of choices that Krita's settings hold in the form of earlier versions."""
    from velatura_krita import state

    found = []
    for old in ({"insert_at_once": False}, {"insert_at_once": True}, {"results": "insert"}, {"results": 3}, {}):
        driver.application.writeSetting(state.GROUP, state.KEY, json.dumps({"choices": {"prompt": "a fox", **old}}))
        read = state.SharedState().choices
        found.append([read.prompt, read.results])
    return found


run(main)
