"""Krita started once more in the same home: what the docker remembers, and whose shortcuts there are."""

from krita_driver.docker import Docker
from krita_driver.painting import open_painting


def main(driver):
    docker = Docker(driver)
    yield from open_painting(driver, select=False)
    docker.make_room()
    yield 0.5
    yield from driver.until(lambda: docker.spin("strength").isEnabled(), 30, "the daemon of the first run")
    yield 0.3
    driver.put("settings", docker.settings())
    yield from driver.screenshot("again")
    ours, others = {}, {}
    for action in driver.app.actions():
        known = ours if action.objectName().startswith("velatura_") else others
        for shortcut in action.shortcuts():
            known[shortcut.toString()] = action.objectName()
    driver.put("shortcuts", len(ours))
    driver.put("shortcuts taken twice", {keys: others[keys] for keys in ours if keys in others})
