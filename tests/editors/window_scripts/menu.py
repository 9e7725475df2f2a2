"""Every entry of the menu is chosen while no picture is open, and then with one that has nothing selected; and all
without a docker that could say something.
"""

from fake_krita import Node
from fake_krita_window import Document, run

from velatura_client.editor import Progress
from velatura_krita.qt import QApplication, QMenu


def main(driver):
    from velatura_krita import plugin

    shared, said, text = plugin.instance(), {}, [""]
    # nothing here may look for a daemon, or start one
    shared.use = shared.start_engine = lambda *_anything: None
    shared.editor.failed.connect(lambda _job, message: text.append(message))
    driver.docker.hide()
    boxes, unseen = [], []
    menu = driver.application.window.qwindow().findChild(QMenu, "velatura_menu")
    entries = [action for action in menu.actions() if not action.isSeparator()]
    for document in (None, Document(Node("painted"))):
        if document is not None:
            driver.application.open(document)
            yield 0.05
            driver.docker.hide()  # a new docker is shown with the first picture
        for entry in entries:
            del text[1:]
            entry.trigger()
            yield 0.01
            for window in QApplication.topLevelWidgets():
                if window.isVisible() and window.objectName().startswith("velatura_"):
                    boxes += [window.text()] if window.objectName() == "velatura_error" else []
                    window.close()
            said.setdefault(entry.text(), text[-1])
            unseen += [sentence for sentence in text[1:] if sentence not in boxes]
    driver.values["said"] = said
    driver.values["unseen"] = unseen
    shared.editor.show_progress(Progress("j", "Painting 3/8", 0.375))
    driver.values["floated"] = driver.application.window.view.floated


run(main)
