"""The first start in a new home takes 15 seconds, later ones 4; Krita 5.2 hides a new docker until it is shown once."""


def main(driver):
    driver.put("krita", driver.app.version())
    document = driver.app.createDocument(64, 64, "first", "RGBA", "U8", "", 72.0)
    driver.app.activeWindow().addView(document)  # without a picture Krita hides all dockers
    yield 0.3
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")
    docker.show()
    yield 0.3
