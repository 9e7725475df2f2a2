"""A Krita whose language is Chinese: all that can be read in the docker, the menu and the dialog for a prompt."""

from krita_driver.docker import Docker
from krita_driver.painting import open_painting
from krita_driver.qt import QAbstractButton, QApplication, QDialogButtonBox, QLabel, QMenu, QPoint, QPushButton, QWidget


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
    tips = [part.toolTip() for part in docker.widget.widget().findChildren(QWidget)]
    driver.put("tips", [text for text in tips if text])
    yield from read_menu_and_dialog(driver)


def read_menu_and_dialog(driver):
    window = driver.app.activeWindow().qwindow()
    menu = window.findChild(QMenu, "velatura_menu")
    menu.popup(window.mapToGlobal(QPoint(300, 60)))
    yield 0.7
    entries = [action for action in menu.actions() if not action.isSeparator()]
    driver.put("menu", [text for action in entries for text in (action.text(), action.toolTip(), action.statusTip())])
    yield from driver.screenshot("chinese menu")
    menu.close()
    driver.app.action("velatura_generate").trigger()
    yield 0.5
    dialog = next(found for found in QApplication.topLevelWidgets() if found.objectName() == "velatura_prompt_dialog")
    buttons = dialog.findChild(QDialogButtonBox).buttons()
    driver.put("dialog", [dialog.windowTitle(), *(button.text() for button in buttons)])
    yield from driver.screenshot("chinese dialog")
    dialog.reject()
    yield 0.2
