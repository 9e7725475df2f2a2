"""Krita is quit while a job runs, and asks about each of two pictures that are not saved."""

from krita_driver.painting import open_painting
from krita_driver.qt import QAbstractButton, QApplication, QTimer
from krita_driver.watching import Watcher

#: Long enough for much news of the job to arrive.
QUESTION_S = 1.5


def main(driver):
    from velatura_krita import plugin

    painting = yield from open_painting(driver)
    watcher = Watcher(plugin.instance().editor)
    plugin.instance().begin("fill", "a quince")
    yield from watcher.until_painting(driver)
    other = driver.app.createDocument(64, 64, "other", "RGBA", "U8", "", 72.0)
    driver.app.activeWindow().addView(other)
    yield 0.5
    for document in (painting, other):
        document.setBatchmode(False)
        document.setModified(True)
    QTimer.singleShot(0, driver.app.action("file_quit").trigger)
    for number in (1, 2):
        yield from driver.until(lambda: QApplication.activeModalWidget() is not None, 20, "the question")
        yield QUESTION_S
        question = QApplication.activeModalWidget()
        driver.put(f"ended at question {number}", watcher.ends)
        driver.write()  # there is no other end
        next(button for button in question.findChildren(QAbstractButton) if button.text() == "&No").click()
        yield 0.01
    yield 15  # by then Krita is gone; Krita 6 sometimes stays without a window, and is ended by the driver
