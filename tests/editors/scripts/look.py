"""The menu as it opens, the Tab key through the docker, and the docker when Krita's theme changes."""

from krita_driver.docker import Docker
from krita_driver.painting import open_painting
from krita_driver.qt import QAction, QApplication, QImage, QMenu, QPoint, QPushButton, QToolButton

#: More Tabs than there are stops.
TABS = 30


def main(driver):
    docker = Docker(driver)
    yield from open_painting(driver, select=False)
    docker.make_room()
    yield 0.5
    docker.find(QPushButton, "velatura_start_engine").click()
    yield from driver.until(lambda: docker.spin("strength").isEnabled(), 60, "the daemon")
    yield 0.3
    yield from press_tab(driver, docker)
    yield from open_the_menu(driver)
    yield from change_the_theme(driver, docker)


def press_tab(driver, docker):
    """The names of the parts that real keys lead to, one after another."""
    yield from docker.click(docker.prompt)
    names = []
    for _ in range(TABS):
        yield from driver.shell("xdotool", "key", "Tab")
        yield 0.1
        part = QApplication.focusWidget()
        while part is not None and not part.objectName().startswith("velatura_"):
            part = part.parentWidget()
        if part is None:
            break
        names.append(part.objectName())
    driver.put("tab", names)


def open_the_menu(driver):
    window = driver.app.activeWindow().qwindow()
    menu = window.findChild(QMenu, "velatura_menu")
    for time in ("menu", "menu again"):
        menu.popup(window.mapToGlobal(QPoint(300, 60)))
        yield 0.7
        driver.put(time, ["" if action.isSeparator() else action.text() for action in menu.actions()])
        if time == "menu":
            tips = {action.text(): [action.toolTip(), action.statusTip()] for action in menu.actions()}
            driver.put("tips", {text: found for text, found in tips.items() if text})
            yield from driver.screenshot("menu")
        menu.close()
        yield 0.2


def change_the_theme(driver, docker):
    """How much each part stands out from its ground: the distance between its darkest and its lightest grey."""
    window = driver.app.activeWindow().qwindow()
    themes = {action.text(): action for action in window.findChildren(QAction)}
    found = {}
    for theme in ("Krita bright", "Krita dark", "Krita bright"):
        themes[theme].trigger()
        yield 1
        parts = ("velatura_fold_negative", "velatura_fold_more", "velatura_dice", "velatura_lock")
        found[theme] = {name: contrast(docker.find(QToolButton, name)) for name in parts}
        found[theme]["ground"] = docker.widget.palette().window().color().value()
        yield from driver.screenshot(theme)
    driver.put("themes", found)


def contrast(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    greys = [image.pixelColor(x, y).red() for x in range(image.width()) for y in range(image.height())]
    return max(greys) - min(greys)
