"""The panel cannot be made: what stands in its place."""

from krita_driver.docker import Docker
from krita_driver.painting import open_painting
from krita_driver.qt import QLabel


def main(driver):
    docker = Docker(driver)
    yield from open_painting(driver, select=False)
    docker.make_room()
    yield 0.5
    yield from driver.screenshot("failure")
    text = docker.widget.findChild(QLabel, "velatura_failure_text")
    driver.put("text", text.text() if text is not None and text.isVisible() else "")
