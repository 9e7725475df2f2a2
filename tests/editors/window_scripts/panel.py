"""Docker and menu without a daemon: built, clicked and typed into."""

import dataclasses
import importlib

from fake_krita_window import Document, Selection, run

from velatura_client.editor import HistoryItem, Pixels, Progress, QueuedJob, WaitingResult
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_krita.qt import BINDING, QDoubleSpinBox, QImage, QMenu, QSpinBox, Qt
from velatura_protocol.catalogue import LoraDescription

QTest = importlib.import_module(BINDING + ".QtTest").QTest
PICTURE = Pixels(bytes(range(256)) * 16, 32, 32, "BGRA")


def main(driver):
    from fake_krita import Node

    from velatura_krita import plugin
    from velatura_krita.widgets.fields import FieldWidget

    values, shared = driver.values, plugin.instance()
    editor, state = shared.editor, shared.state
    began = []
    editor.began.connect(began.append)
    menu = driver.application.window.qwindow().findChild(QMenu, "velatura_menu")
    values["menu"] = [action.text() for action in menu.actions() if not action.isSeparator()]

    # Enter begins a line; Ctrl+Enter begins, and without a picture says what to do
    prompt = driver.find("velatura_docker_prompt")
    prompt.setFocus()
    QTest.keyClicks(prompt, "a fox")
    QTest.keyClick(prompt, Qt.Key.Key_Return)
    QTest.keyClicks(prompt, "in snow")
    values["typed"] = state.prompt
    QTest.keyClick(prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    values["undone"] = state.prompt != values["typed"]
    QTest.keyClick(prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    values["began"] = len(began)
    values["without a picture"] = driver.find("velatura_status").text()
    driver.screenshot("error")

    # the button says what it will do
    document = Document(Node("painted"))
    layer_key = document.activeNode().uniqueId().toString()
    driver.application.open(document)
    button = driver.find("velatura_begin")
    values["button"] = []
    for selection in (None, Selection(10, 20, 30, 40)):
        document.selected = selection
        driver.docker.canvasChanged(None)
        values["button"].append(button.text())

    # the daemon's options
    state.learn(build_catalogue(ModelLibrary(())))
    yield 0.01
    for fold in ("negative", "controls", "more"):
        QTest.mouseClick(driver.find(f"velatura_fold_{fold}"), Qt.MouseButton.LeftButton)
    yield 0.01
    driver.screenshot("options")
    QTest.mouseClick(driver.find("velatura_dice"), Qt.MouseButton.LeftButton)
    values["rolled"] = isinstance(shared.choices.seed, int)
    QTest.mouseClick(driver.find("velatura_lock"), Qt.MouseButton.LeftButton)
    values["unlocked"] = shared.choices.seed is None
    use_layer = driver.find("velatura_use_layer").menu()
    for kind in ("edges", "depth", "edges"):
        next(action for action in use_layer.actions() if action.data() == kind).trigger()
    yield 0.01
    QTest.mouseClick(driver.find("velatura_remove_control"), Qt.MouseButton.LeftButton)
    yield 0.01
    values["controls"] = [control.kind for control in shared.choices.controls]
    values["layers"] = [control.layer for control in shared.choices.controls] == [layer_key] * 2
    driver.find("velatura_field_steps").findChild(QSpinBox).setValue(7)
    values["steps"] = shared.choices.steps
    values["fields"] = sorted(widget.field.name for widget in driver.docker.findChildren(FieldWidget))

    # LoRAs, which this model has none of at first
    values["loras seen"] = [driver.find("velatura_fold_loras").isVisible()]
    catalogue = state.catalogue
    model = catalogue.models[0].id
    loras = (LoraDescription("ink", (model,)), LoraDescription("chalk", (model,)), LoraDescription("other", ()))
    state.learn(dataclasses.replace(catalogue, loras=loras))
    yield 0.01
    QTest.mouseClick(driver.find("velatura_fold_loras"), Qt.MouseButton.LeftButton)
    add = driver.find("velatura_add_lora").menu()
    values["loras offered"] = [[action.data() for action in add.actions()]]
    add.actions()[0].trigger()
    add.actions()[0].trigger()
    yield 0.01
    values["loras offered"].append([action.data() for action in add.actions()])
    driver.find("velatura_field_loras.weight").findChild(QDoubleSpinBox).setValue(0.4)
    driver.screenshot("loras")
    values["loras"] = [[lora.name, lora.weight] for lora in shared.choices.loras]
    values["loras seen"].append(driver.find("velatura_fold_loras").text())
    QTest.mouseClick(driver.find("velatura_remove_lora"), Qt.MouseButton.LeftButton)
    values["loras left"] = [lora.name for lora in shared.choices.loras]
    state.learn(catalogue)
    values["loras left"].append(len(shared.choices.loras))

    # what a job tells
    editor.show_progress(Progress("j", "Painting 3/8", 0.375))
    image = QImage(32, 32, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.red)
    editor.previewed.emit("j", image)
    editor.show_queue((QueuedJob("j", "a fox", "Painting 3/8", 0.375), QueuedJob("k", "", "Waiting, 1 ahead")))
    values["bar"] = driver.find("velatura_progress").value() / driver.find("velatura_progress").maximum()
    values["visible while painting"] = [
        driver.find(name).isVisible() for name in ("velatura_preview", "velatura_queue", "velatura_progress")
    ]
    yield 0.01
    driver.screenshot("running")
    editor.show_queue(())
    show_history(driver, values, editor)
    editor.show_waiting((WaitingResult("w", "a pier"),))
    editor.show_finished("j", "New layer: fox")
    yield 0.01
    driver.screenshot("history")
    values["waiting"] = driver.find("velatura_waiting").text()
    values["status"] = driver.find("velatura_status").text()


def show_history(driver, values, editor):
    """Two jobs, three pictures of the first: a heading for each, keys go from picture to picture."""
    view = driver.find("velatura_history")
    long = "<b>a fox</b> " * 20
    items = [
        *(HistoryItem(f"j/{key}", "j", long, key, PICTURE, key == 2, made_at=1e9) for key in (1, 2, 3)),
        HistoryItem("k/0", "k", "a hare", 9, PICTURE, is_lost=True, can_be_made_again=True),
    ]
    editor.show_history(tuple(items))
    driver.docker.resize(240, 900)
    yield_to_qt()
    view.grab().save(str(driver.folder / "jobs.png"))
    rows = [view.model().item(row) for row in range(view.model().rowCount())]
    values["headings"] = [[row.text().strip(), row.toolTip()] for row in rows if row.text()]
    values["history"] = [view.row_of(item.key) for item in items]
    rects = [view.visualRect(view.model().index(row, 0)) for row in range(len(rows))]
    values["beneath"] = rects[0].bottom() < rects[1].top() and rects[3].bottom() < rects[4].top() < rects[5].top()
    values["within"] = max(rect.right() for rect in rects) <= view.viewport().width()
    seen = []
    view.shown.connect(seen.append)
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        seen.append(view.selected())
        QTest.keyClick(view, key)
    seen.append(view.selected())
    values["walked"] = seen
    editor.show_history((items[3], *items[1:3]))
    values["changed"] = [view.row_of(item.key) for item in items]
    editor.show_history(tuple(items))
    font = view.font()
    font.setPointSize(14)
    view.setFont(font)
    yield_to_qt()
    heading, first, *_, last = [view.visualRect(view.model().index(row, 0)) for row in range(len(rows))]
    values["large font"] = heading.height() > first.height() // 4 and last.right() <= view.viewport().width()
    view.grab().save(str(driver.folder / "jobs in a large font.png"))


def yield_to_qt():
    from velatura_krita.qt import QApplication

    for _ in range(5):
        QApplication.processEvents()


run(main)
