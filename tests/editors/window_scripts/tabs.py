"""The Tab key through the whole docker, with everything in it that it can have, forwards and backwards."""

import dataclasses
import importlib
import itertools

from fake_krita import Node
from fake_krita_window import Document, run

from velatura_client.editor import HistoryItem, Pixels, QueuedJob, WaitingResult
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_krita.qt import BINDING, QApplication, QPoint, Qt, QWidget
from velatura_protocol.catalogue import LoraDescription
from velatura_protocol.request import LoraRequest

QTest = importlib.import_module(BINDING + ".QtTest").QTest
PICTURE = Pixels(bytes(range(256)) * 16, 32, 32, "BGRA")
FOLDS = ("negative", "controls", "loras", "more")
#: Widgets on one line may differ by this many pixels in the height of their upper edges.
ALIKE = 14


def main(driver):
    from velatura_client.choices import ControlChoice
    from velatura_krita import plugin

    shared = plugin.instance()
    state, editor = shared.state, shared.editor
    driver.application.open(Document(Node("painted")))
    window = driver.application.window.qwindow()
    window.resize(1200, 1800)
    state.learn(build_catalogue(ModelLibrary(())))
    yield 0.05
    driver.values["at first"] = yield from walk(driver)
    catalogue = state.catalogue
    models = [model.id for model in catalogue.models]
    state.learn(dataclasses.replace(catalogue, loras=(LoraDescription("ink", tuple(models)),)))
    for fold in FOLDS:
        driver.find(f"velatura_fold_{fold}").click()
    state.choose("controls", (ControlChoice(kind="edges"), ControlChoice(kind="depth")))
    state.choose("loras", (LoraRequest("ink"),))
    editor.show_queue((QueuedJob("j", "a fox", "Painting 3/8", 0.375), QueuedJob("k", "", "Waiting")))
    editor.show_history(tuple(HistoryItem(str(key), "j", f"fox {key}", key, PICTURE) for key in (1, 2, 3)))
    editor.show_waiting((WaitingResult("w", "a pier"),))
    yield 0.05
    driver.values["all there"] = yield from walk(driver)
    driver.screenshot("tabs")
    state.learn(catalogue)  # the fields are drawn once more
    yield 0.05
    driver.values["drawn anew"] = yield from walk(driver)


def walk(driver):
    """What Tab reaches from the prompt on, until it leaves the docker or comes back, and what Shift+Tab does then."""
    start = driver.find("velatura_docker_prompt")
    start.setFocus()
    forwards = list(_steps(driver, Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier))
    yield 0.01
    forwards[-1].setFocus()
    backwards = list(_steps(driver, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier))
    yield 0.01
    body = driver.docker.widget().widget()
    reachable = [
        widget
        for widget in body.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    return {
        "names": [name_of(widget) for widget in forwards],
        "out of order": out_of_order(body, forwards),
        "missed": sorted({name_of(widget) for widget in reachable} - {name_of(widget) for widget in forwards}),
        "back is the way turned round": backwards == forwards[::-1],
    }


def _steps(driver, key, modifier):
    body = driver.docker.widget().widget()
    seen = []
    while True:
        widget = QApplication.focusWidget()
        if widget is None or widget in seen or not body.isAncestorOf(widget):
            return
        seen.append(widget)
        yield widget
        QTest.keyClick(widget, key, modifier)


def out_of_order(body, widgets):
    """Pairs of which the second stands above the first, or before it on its line."""
    places = [(name_of(widget), widget.mapTo(body, QPoint(0, 0))) for widget in widgets]
    wrong = []
    for (name, place), (following, next_place) in itertools.pairwise(places):
        is_below = next_place.y() > place.y() + ALIKE
        is_beside = abs(next_place.y() - place.y()) <= ALIKE and next_place.x() > place.x()
        if not (is_below or is_beside):
            wrong.append([name, following])
    return wrong


def name_of(widget):
    """Its own name, or that of the field that it belongs to."""
    while not widget.objectName().startswith("velatura_"):
        name, widget = type(widget).__name__, widget.parentWidget()
        if widget is None:
            return name
    return widget.objectName()


run(main)
