"""The plug-in's libraries are missing: it must say so instead of vanishing."""

from krita_driver.qt import QApplication


def main(driver):
    yield from driver.until(lambda: QApplication.activeModalWidget() is not None, 10, "the message")
    box = QApplication.activeModalWidget()
    driver.put("message", [box.objectName(), box.text(), box.detailedText()[-200:]])
    yield 0.5
    yield from driver.screenshot("failure")
    box.accept()
    yield 0.2
    action = driver.app.action("velatura_failure")
    driver.put("menu", action is not None and action.text())
