"""Whether the panel is seen; then the painter hides it."""

from krita_driver.painting import open_painting


def main(driver):
    yield from open_painting(driver, select=False)
    yield 1
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")
    driver.put("panel", docker.isVisible())
    if docker.isVisible():
        docker.toggleViewAction().trigger()
    yield 0.5
