"""The docker in a Krita whose language is Chinese: all that can be read in it."""

from krita_driver.docker import Docker
from krita_driver.painting import open_painting
from krita_driver.qt import QAbstractButton, QLabel, QPushButton


def main(driver):
    docker = Docker(driver)
    yield from open_painting(driver, select=False)
    docker.make_room()
    yield 0.5
    docker.find(QPushButton, "velatura_start_engine").click()
    yield from driver.until(lambda: docker.spin("strength").isEnabled(), 60, "the daemon")
    docker.unfold("more")
    docker.unfold("negative")
    yield 1
    yield from driver.screenshot("chinese")
    driver.put("button", docker.begin.text())
    parts = docker.widget.widget().findChildren(QLabel) + docker.widget.widget().findChildren(QAbstractButton)
    driver.put("texts", [part.text() for part in parts if part.isVisible() and part.text()])
