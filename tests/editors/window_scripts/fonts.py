"""The docker at each size of the font and each width, with everything in it: what does not fit its place."""

import dataclasses

from fake_krita import Node
from fake_krita_window import Document, run

from velatura_client.choices import ControlChoice
from velatura_client.editor import HistoryItem, Pixels, Progress, QueuedJob, WaitingResult
from velatura_client.intent import INTENTS
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_krita.intents import label_of
from velatura_krita.qt import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from velatura_protocol.catalogue import LoraDescription
from velatura_protocol.request import LoraRequest

PICTURE = Pixels(bytes(range(256)) * 16, 32, 32, "BGRA")
#: Points, and pixels of the docker's inside.
SIZES = (9, 11, 14, 18)
WIDTHS = (220, 250, 320)


def main(driver):
    from velatura_krita import plugin

    shared = plugin.instance()
    driver.application.open(Document(Node("a layer with quite a long name")))
    yield from fill(driver, shared)
    panel = driver.docker.widget()
    panel.setParent(None)  # the docker of the stand-in's window would decide the width
    panel.show()
    found = {}
    for size in SIZES:
        font = QApplication.font()
        font.setPointSize(size)
        QApplication.setFont(font)
        panel.setFont(font)  # Krita's dockers have one of their own
        for width in WIDTHS:
            panel.resize(width, 1500)
            yield 0.05
            for state in ("running", "failed"):
                tell(shared, state)
                yield 0.05
                for intent in INTENTS:
                    panel._run.show_intent(intent, label_of(intent), "")
                    yield 0.01
                    wrong = misfits(panel)
                    if wrong:  # a layout within a layout takes a turn or two
                        yield 0.1
                        wrong = misfits(panel)
                    if wrong:
                        found[f"{size} pt, {width} px, {state}, {intent}"] = wrong
                panel.grab().save(str(driver.folder / f"{size}-{width}-{state}.png"))
    driver.values["misfits"] = found
    driver.values["spread"] = yield from spread(panel)
    driver.values["seen"] = len(list(parts_of(panel)))
    panel.setParent(driver.docker)
    driver.docker.setWidget(panel)


def spread(panel):
    """Parts that stand under each other with more room between them than they ask for, where there is room to spare."""
    from velatura_krita.widgets.row import Row

    panel.widget().findChild(QToolButton, "velatura_fold_more").click()
    panel.resize(WIDTHS[0], 3000)
    yield 0.2
    rows = [row for row in panel.widget().findChildren(Row) if row.isVisible()]
    assert rows
    return [name_of(row) for row in rows if row.height() > row.sizeHint().height()]


def fill(driver, shared):
    state, editor = shared.state, shared.editor
    catalogue = build_catalogue(ModelLibrary(()))
    models = tuple(model.id for model in catalogue.models)
    state.learn(dataclasses.replace(catalogue, loras=(LoraDescription("watercolour with a long name", models),)))
    yield 0.05
    for fold in ("negative", "controls", "loras", "more"):
        driver.find(f"velatura_fold_{fold}").click()
    state.choose("controls", (ControlChoice("edges"), ControlChoice("depth")))
    state.choose("loras", (LoraRequest("watercolour with a long name"),))
    editor.show_history(tuple(HistoryItem(str(key), "j", f"fox {key}", key, PICTURE) for key in (1, 2, 3)))
    editor.show_waiting((WaitingResult("w", "a pier in the evening sun with many boats and two people"),))
    yield 0.05


def tell(shared, state):
    editor = shared.editor
    if state == "running":
        editor.show_progress(Progress("j", "Reading prompt and picture", 0.375))
        label = "a fox in the snow"
        editor.show_queue((QueuedJob("j", label, "Painting 3/8", 0.375), QueuedJob("k", "", "Waiting, 1 ahead")))
    else:
        editor.show_queue(())
        editor.show_error("j", "The process that makes the pictures ended twice while it worked on this job.")
        shared.can_repeat = lambda _job: True
        editor.show_error("j", "The process that makes the pictures ended twice while it worked on this job.")


def parts_of(panel):
    kinds = (QPushButton, QToolButton, QCheckBox, QLabel, QComboBox, QAbstractSpinBox, QLineEdit)
    for widget in panel.widget().findChildren(QWidget):
        if isinstance(widget, kinds) and widget.isVisible() and type(widget.parentWidget()).__name__ != "QComboBox":
            yield widget


def misfits(panel):
    """[part, what is wrong with it]."""
    body = panel.widget()
    wrong = []
    room = panel.viewport().width()
    for widget in parts_of(panel):
        name, place = name_of(widget), widget.mapTo(body, widget.rect().topLeft())
        if place.x() < 0 or place.x() + widget.width() > room:
            wrong.append([name, f"ends at {place.x() + widget.width()} of {room} px"])
        fault = fault_of(widget)
        if widget.font().pointSize() != panel.font().pointSize():
            wrong.append([name, f"has a font of {widget.font().pointSize()} pt"])
        if fault:
            wrong.append([name, fault])
    return wrong


def fault_of(widget):
    """What is not seen of it; "" when all is, or when the tool tip goes on where dots stand."""
    if isinstance(widget, QLabel):
        text = widget.text()
        if not text or widget.wordWrap():
            needed = widget.heightForWidth(widget.width()) if text else 0
            return f"needs {needed} px of height, has {widget.height()}" if needed > widget.height() else ""
        needed = widget.fontMetrics().horizontalAdvance(text)
        if needed > widget.contentsRect().width() and not ends_in_dots(widget):
            return f"{text!r} needs {needed} px, has {widget.contentsRect().width()}"
    elif isinstance(widget, (QPushButton, QToolButton, QCheckBox)):
        if widget.width() < widget.sizeHint().width() and not ends_in_dots(widget):
            return f"{widget.text()!r} needs {widget.sizeHint().width()} px, has {widget.width()}"
        if widget.height() < widget.sizeHint().height():
            return f"{widget.text()!r} needs {widget.sizeHint().height()} px of height, has {widget.height()}"
    elif isinstance(widget, QAbstractSpinBox):
        line = widget.findChild(QLineEdit)
        needed = widget.fontMetrics().horizontalAdvance(line.text())
        if needed > line.width():
            return f"{line.text()!r} needs {needed} px, has {line.width()}"
    elif isinstance(widget, QComboBox):
        least = widget.fontMetrics().horizontalAdvance("MMM")
        if widget.width() < least:
            return f"has {widget.width()} px, needs {least}"
    return ""


def ends_in_dots(widget):
    """Such a part paints a shorter text, which its class sees to, and says all of it in the tool tip."""
    tip = widget.toolTip() or widget.parentWidget().toolTip()
    paints_dots = isinstance(widget, QToolButton) or "paintEvent" in vars(type(widget))
    return paints_dots and tip.startswith(widget.text())


def name_of(widget):
    text = widget.text() if hasattr(widget, "text") else ""
    part = widget
    while part is not None and not part.objectName().startswith("velatura_"):
        part = part.parentWidget()
    return f"{type(widget).__name__} {part.objectName() if part is not None else ''} {text}"


run(main)
