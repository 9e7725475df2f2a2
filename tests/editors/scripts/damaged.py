"""The plug-in's libraries are missing: it must say so instead of vanishing."""

from PyQt5.QtWidgets import QApplication


def main(driver):
    box = QApplication.activeModalWidget()
    driver.put("message", [box.objectName(), box.text(), box.detailedText()[-200:]] if box else None)
    if box:
        yield from driver.screenshot("failure")
        box.accept()
    yield 0.2
    action = driver.app.action("velatura_failure")
    driver.put("menu", action is not None and action.text())
