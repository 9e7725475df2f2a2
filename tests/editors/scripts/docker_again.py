"""Krita started once more in the same home: what the docker remembers."""

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
