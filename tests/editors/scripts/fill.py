"""The main job by hand: menu action, prompt typed into the dialog, layer, undo, redo."""

import time

from krita_driver.gaps import GapMeter
from krita_driver.painting import layer_names, open_painting, save_pixels, undo_steps
from krita_driver.qt import QApplication, QPlainTextEdit, QPoint

PROMPT = "a red apple"


def main(driver):
    from velatura_client.actions import Choices
    from velatura_krita import plugin

    shared = plugin.instance()
    shared.choices = Choices(steps=4, seed=7)
    document = yield from open_painting(driver)
    before = layer_names(document)
    selection = document.selection()
    driver.put("selection", [selection.x(), selection.y(), selection.width(), selection.height()])
    whole = (0, 0, document.width(), document.height())
    (driver.folder / "mask.y").write_bytes(bytes(selection.pixelData(*whole)))
    save_pixels(driver, document, "before")
    driver.put("steps before", undo_steps(driver))

    finished, failed, shown = [], [], []
    shared.editor.finished.connect(lambda _job, message: finished.append(message))
    shared.editor.failed.connect(lambda _job, message: failed.append(message))
    shared.editor.progressed.connect(lambda progress: shown.append(progress.text))
    began = time.monotonic()
    yield from ask(driver)
    gaps = GapMeter()
    yield from driver.until(lambda: finished or failed, 200, "the end of the job")
    yield from driver.until(lambda: failed or len(layer_names(document)) > len(before), 10, "the layer")
    driver.put("largest gap in ms", gaps.stop())
    driver.put("seconds", round(time.monotonic() - began, 2))
    driver.put("told", {"finished": finished, "failed": failed, "shown": list(dict.fromkeys(shown))})
    yield 0.5
    found = {"before": before, "after": layer_names(document), "active": document.activeNode().name()}
    save_pixels(driver, document, "after")
    (driver.folder / "mask after.y").write_bytes(bytes(document.selection().pixelData(*whole)))
    driver.put("steps after", undo_steps(driver))
    yield from driver.screenshot("filled")
    driver.app.action("edit_undo").trigger()
    yield 0.5
    found["undone"] = layer_names(document)
    save_pixels(driver, document, "undone")
    driver.put("steps undone", undo_steps(driver))
    driver.app.action("edit_redo").trigger()
    yield 0.5
    found["redone"] = layer_names(document)
    save_pixels(driver, document, "redone")
    driver.put("layers", found)


def ask(driver):
    """Choose the menu entry, type the prompt with a keyboard, press Ctrl+Enter."""
    driver.app.action("velatura_fill").trigger()
    yield from driver.until(lambda: QApplication.activeModalWidget() is not None, 5, "the dialog")
    dialog = QApplication.activeModalWidget()
    edit = dialog.findChild(QPlainTextEdit, "velatura_prompt")
    place = edit.mapToGlobal(QPoint(20, 20))
    yield from driver.shell("xdotool", "mousemove", str(place.x()), str(place.y()), "click", "1", "key", "ctrl+a")
    yield from driver.shell("xdotool", "type", "--delay", "20", PROMPT)
    yield from driver.until(lambda: edit.toPlainText() == PROMPT, 5, "the typed prompt")
    yield from driver.screenshot("dialog")
    yield from driver.shell("xdotool", "key", "ctrl+Return")
    yield from driver.until(lambda: QApplication.activeModalWidget() is None, 5, "the end of the dialog")
