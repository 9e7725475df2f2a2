"""The first start in a new home, which takes 15 seconds and later ones 4: is the panel seen as soon as a picture is?"""

import platform

from krita_driver.qt import BINDING, qVersion


def main(driver):
    driver.put("krita", f"{driver.app.version()} (Python {platform.python_version()}, {BINDING}, Qt {qVersion()})")
    document = driver.app.createDocument(64, 64, "first", "RGBA", "U8", "", 72.0)
    driver.app.activeWindow().addView(document)  # without a picture Krita hides all dockers
    yield 0.6
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")
    driver.put("panel", docker.isVisible() and not docker.visibleRegion().isEmpty())
