"""Krita is quit while a job runs."""

import time

from krita_driver.painting import open_painting
from krita_driver.watching import Watcher


def main(driver):
    from velatura_krita import plugin

    yield from open_painting(driver)
    watcher = Watcher(plugin.instance().editor)
    plugin.instance().begin("fill", "a quince")
    yield from watcher.until_painting(driver)
    driver.put("quit at", time.time())
