"""A session with the docker: hands on prompt, button, settings, history; what it says and shows meanwhile."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

from krita import Selection
from krita_driver.docker import Docker
from krita_driver.painting import layer_names, open_painting, undo_steps
from krita_driver.qt import QApplication, QEvent, QInputMethodEvent, QKeyEvent, QSpinBox, Qt
from krita_driver.watching import Watcher

PROMPT = "a red fox"
LOOKS = 200


def main(driver):
    from velatura_krita import plugin

    gate = Path(os.environ["GATED_ENGINE_FILE"])
    shared = plugin.instance()
    docker = Docker(driver)
    document = yield from open_painting(driver, select=False)
    docker.make_room()
    yield 0.5
    watcher = Watcher(shared.editor)
    yield 0.5
    driver.put(
        "before the engine", {"strength enabled": docker.spin("strength").isEnabled(), "began": list(watcher.shown)}
    )
    yield from driver.screenshot("idle")
    yield from write_a_prompt(driver, docker, watcher)
    yield from run_with_preview(driver, docker, watcher, document)
    yield from a_second_job(driver, docker, watcher)
    gate.touch()
    yield from driver.until(lambda: watcher.ends, 60, "the layer")
    yield 0.5
    driver.put("first", {"ends": list(watcher.ends), "layers": layer_names(document), "history": docker.history_size()})
    yield from what_the_button_says(driver, docker, document)
    yield from apply_from_the_history(driver, docker, watcher, document)
    yield from idle_cost(driver, docker)
    gate.unlink()
    yield from worker_dies(driver, docker, watcher, gate)
    yield from set_what_shall_survive(driver, docker)


def write_a_prompt(driver, docker, watcher):
    """Two lines, undone and written again; Ctrl+Enter within an input method begins nothing."""
    edit = docker.prompt
    yield from docker.click(edit)
    yield from driver.shell("xdotool", "type", "--delay", "30", "a cat")
    yield from driver.shell("xdotool", "key", "Return")
    yield from driver.shell("xdotool", "type", "--delay", "30", "on a wall")
    yield from driver.until(lambda: edit.toPlainText() == "a cat\non a wall", 10, "two lines")
    while edit.document().isUndoAvailable():
        yield from driver.shell("xdotool", "key", "ctrl+z")
        yield 0.05
    driver.put("undone prompt", edit.toPlainText())
    QApplication.sendEvent(edit, QInputMethodEvent("hu li", []))
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(edit, QKeyEvent(kind, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, "\r"))
    yield 0.5
    within = {"shown": list(watcher.shown), "ends": list(watcher.ends)}
    commit = QInputMethodEvent("", [])
    commit.setCommitString("狐狸")
    QApplication.sendEvent(edit, commit)
    driver.put("input method", {"within": within, "text": edit.toPlainText()})
    yield from driver.shell("xdotool", "key", "ctrl+a")
    yield from driver.shell("xdotool", "type", "--delay", "30", PROMPT)
    yield from driver.until(lambda: edit.toPlainText() == PROMPT, 10, "the prompt")


def run_with_preview(driver, docker, watcher, document):
    select(document, 100, 100, 200, 160)
    yield from driver.until(lambda: docker.begin.text() == "Fill Selection", 5, "what the button does")
    yield from driver.shell("xdotool", "key", "ctrl+Return")
    yield from watcher.until_painting(driver, previews=3)
    yield 2
    yield from driver.screenshot("running")
    driver.put(
        "running",
        {
            "status": docker.status.text(),
            "progress visible": docker.progress.isVisible(),
            "preview visible": docker.preview.isVisible(),
            "can cancel": docker.cancel.isEnabled(),
            "strength enabled": docker.spin("strength").isEnabled(),
            "kinds": [action.text() for action in docker.use_layer.menu().actions()],
            "layers": layer_names(document),
        },
    )


def a_second_job(driver, docker, watcher):
    yield from docker.click(docker.begin)
    yield from driver.until(lambda: docker.queue.isVisible(), 10, "the queue")
    yield from driver.until(lambda: len(docker.queue_buttons()) == 2, 10, "two jobs in it")
    yield 0.3
    yield from driver.screenshot("queue")
    ends = len(watcher.ends)
    yield from docker.click(docker.queue_buttons()[1])
    yield from driver.until(lambda: len(watcher.ends) > ends, 10, "the end of the second job")
    yield 0.3
    driver.put("second job", {"ends": list(watcher.ends), "queue visible": docker.queue.isVisible()})
    watcher.forget()


def what_the_button_says(driver, docker, document):
    """In each situation, as soon as the docker has looked."""
    found = {}
    strength = docker.spin("strength")

    def note(situation):
        yield 0.8
        found[situation] = docker.begin.text()

    document.setSelection(None)
    yield from note("nothing selected")
    strength.setValue(60)
    yield from note("nothing selected, 60 %")
    select(document, 100, 100, 200, 160)
    yield from note("selection, 60 %")
    strength.setValue(100)
    yield from note("selection")
    for name in ("Background", "sky"):
        document.nodeByName(name).setVisible(False)
    document.refreshProjection()
    yield 0.3
    select(document, 300, 100, 200, 120)
    yield from note("selection over nothing")
    for name in ("Background", "sky"):
        document.nodeByName(name).setVisible(True)
    document.refreshProjection()
    yield 0.3
    select(document, 560, 100, 200, 160)
    yield from note("selection beyond the canvas")
    document.setSelection(None)
    driver.put("button", found)


def apply_from_the_history(driver, docker, watcher, document):
    """Two pictures, which are not put in at once: shown, one applied, one's seed copied, one deleted."""
    docker.unfold("more")
    yield 0.3
    yield from driver.screenshot("more")
    docker.unfold("more")
    docker.find(QSpinBox, within="velatura_field_count").setValue(2)
    yield from driver.until(lambda: docker.begin.text() == "Generate", 5, "what the button does")
    before, steps = layer_names(document), undo_steps(driver)
    yield from docker.click(docker.begin)
    yield from driver.until(lambda: watcher.ends, 60, "the pictures")
    yield 0.7
    found = {"before": before, "finished": layer_names(document), "history": docker.history_size()}
    yield from driver.screenshot("history")
    found["shown"] = docker.results.shown != ""
    yield from docker.click_thumbnail(1)
    yield 0.5
    yield from driver.screenshot("shown")
    found["second shown"] = docker.results.shown == docker.keys()[1]
    docker.results.do("copy_seed", docker.keys()[1], None)
    found["clipboard"] = QApplication.clipboard().text() == str(docker.items()[1].seed)
    yield from docker.click_thumbnail(1, double=True)
    yield from driver.until(lambda: len(layer_names(document)) > len(before), 20, "the applied layer")
    yield 0.5
    found["applied"] = layer_names(document)
    found["steps"] = len(undo_steps(driver)[0]) - len(steps[0])
    found["marked"] = [item.is_applied for item in docker.items()]
    driver.app.action("edit_undo").trigger()
    yield 0.7
    found["undone"] = layer_names(document)
    found["marked after undo"] = [item.is_applied for item in docker.items()]
    yield from docker.click_thumbnail(0, button="3")
    yield 0.5
    yield from driver.screenshot("menu")
    menu = QApplication.activePopupWidget()
    found["menu"] = [action.text() for action in menu.actions() if action.text()]
    menu.close()
    driver.app.action("velatura_apply_group").trigger()
    yield from driver.until(lambda: len(layer_names(document)) > len(before), 20, "the group")
    yield 0.5
    found["group"] = [[node.name() for node in top.childNodes()] for top in document.rootNode().childNodes()]
    found["steps of the group"] = len(undo_steps(driver)[0]) - len(steps[0])
    driver.app.action("velatura_discard_result").trigger()
    yield 0.3
    found["nothing shown"] = [docker.history_size(), docker.status.text()]
    yield from docker.click_thumbnail(0)
    yield 0.3
    driver.app.action("velatura_discard_result").trigger()
    yield 0.3
    found["after deleting"] = docker.history_size()
    driver.put("history", found)
    docker.find(QSpinBox, within="velatura_field_count").setValue(1)
    docker.results.hide()
    watcher.forget()


@contextmanager
def counted(*names):
    """How often these methods of any document are called."""
    from velatura_krita.document import KritaDocument

    counts = dict.fromkeys(names, 0)
    originals = {name: getattr(KritaDocument, name) for name in names}

    def counting(name):
        def call(*arguments, **named):
            counts[name] += 1
            return originals[name](*arguments, **named)

        return call

    for name in names:
        setattr(KritaDocument, name, counting(name))
    try:
        yield counts
    finally:
        for name, original in originals.items():
            setattr(KritaDocument, name, original)


def idle_cost(driver, docker):
    """Processor time of the whole of Krita, in percent of a core, with the docker there and without it."""
    from krita_driver.processor import until_measured

    document = driver.app.activeDocument()
    select(document, 100, 100, 300, 200)
    yield 1
    costs = {}
    with counted("selection_bounds", "read_canvas", "read_mask", "read_layer", "layer_alpha", "layers") as counts:
        costs["shown"] = yield from until_measured(12)
    docker.widget.hide()
    costs["hidden"] = yield from until_measured(12)
    docker.widget.show()
    driver.put("idle cost in percent", costs)
    driver.put("asked while idle", counts)
    began = time.perf_counter()
    for _ in range(LOOKS):
        docker.widget.widget().look()
    driver.put("cost of a look in ms", round(1000 * (time.perf_counter() - began) / LOOKS, 3))


def worker_dies(driver, docker, watcher, gate):
    """The process that paints is killed: a sentence and a button, which does it again."""
    from krita_driver.processor import pids_of

    document = driver.app.activeDocument()
    document.setSelection(None)
    yield 0.5
    yield from docker.click(docker.begin)
    yield from watcher.until_painting(driver)
    while not watcher.ends:  # the daemon tries the job again before it gives up
        for pid in pids_of("velatura_daemon.worker"):
            os.kill(pid, signal.SIGKILL)
        yield 1
    yield 0.5
    found = {"ends": list(watcher.ends), "status": docker.status.text(), "repeat": docker.repeat.isVisible()}
    yield from driver.screenshot("error")
    watcher.forget()
    gate.touch()
    yield from docker.click(docker.repeat)
    yield from driver.until(lambda: watcher.ends, 60, "the repeated job")
    found["repeated"] = [kind for kind, _ in watcher.ends]
    driver.put("worker dies", found)


def set_what_shall_survive(driver, docker):
    docker.spin("strength").setValue(45)
    docker.unfold("negative")
    docker.negative.setPlainText("blurred, dull")
    docker.seed.setText("77")
    docker.seed.textEdited.emit("77")
    yield 1.5
    driver.put("set", docker.settings())


def select(document, x, y, width, height):
    selection = Selection()
    selection.select(x, y, width, height, 255)
    document.setSelection(selection)
